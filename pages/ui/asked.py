"""What a link asks for, put into a widget; where it is not here, the page says so and opens nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import streamlit as st

from pages.ui import address, doors, state
from pages.ui.markdown import plain
from rerank_core.text import shortened

T = TypeVar("T")
Texts = Callable[[T], Iterable[str]]
"""The texts that a link may say an option by; the first is the one that we write."""
MOST_LINKS = 12
LONGEST = 80  # characters of a label
FORMER_LABELS = {"first-stage": ("First stage as it is",)}
"""System id -> what it was called in links that people may have kept."""


def _itself(option: Any) -> tuple[str, ...]:
    return (str(option),)


def offer(
    key: str,
    options: Sequence[T],
    default: T | None,
    what: str,
    texts: Texts[T] = _itself,
    way_on: Callable[[str], None] | None = None,
) -> None:
    """Put what the link asks for into the widget `key` of the view. To be called before the widget is drawn.

    `what`: the kind of thing, for the sentence where it is not here; the page stops then. `way_on`: draws what else can
    be done with the link's text. What came from the last page and is not offered here gives way to the default.
    """
    known = _known(options, texts)
    new = address.is_new_here(key)
    if (asked := address.take_asked(key)) is not None:
        if asked[-1] not in known:
            not_here(key, what, asked[-1:], _labels(options, texts), way_on)
        state.put(key, known[asked[-1]])
    elif (carried := address.take_carried(key)) is not None and carried[-1] in known:
        state.put(key, known[carried[-1]])
    elif new or (state.take(key) is not None and state.take(key) not in options):
        state.put(key, default)


def offer_several(
    key: str, options: Sequence[T], default: Sequence[T], what: str, texts: Texts[T] = _itself
) -> list[str]:
    """The same for a widget of several values; returns what the link asks for and is not here, beside some that is."""
    known = _known(options, texts)
    new = address.is_new_here(key)
    if (asked := address.take_asked(key)) is not None:
        found = list(dict.fromkeys(known[text] for text in asked if text in known))
        missing = [text for text in asked if text not in known]
        if missing and not found:
            not_here(key, what, missing, _labels(options, texts))
        state.put(key, found)
        return missing
    if (carried := address.take_carried(key)) is not None:
        found = list(dict.fromkeys(known[text] for text in carried if text in known))
        state.put(key, found or list(default))
    elif new or any(one not in options for one in state.take(key) or ()):
        state.put(key, list(default))
    return []


def check(key: str, options: Iterable[T], what: str, texts: Texts[T] = _itself) -> None:
    """Stop where the link asks a setting of this page for what it does not offer. To be called before its widget.

    The first of an option's `texts` is the one that its widget shows, for Streamlit puts the shown text into the
    address. A link to one option may say another of its texts.
    """
    offered = list(options)
    shown = [next(iter(texts(option))) for option in offered]
    asked = address.take_asked(key)
    if asked is None:
        _hold_on(key, offered)
        return
    known = _known(offered, texts)
    missing = [text for text in asked if text and text not in known]
    if missing:
        not_here(key, what, missing, {text: shortened(text, LONGEST) for text in shown})
    if asked[-1] and asked[-1] not in shown:
        state.put(key, known[asked[-1]])


def _hold_on(key: str, offered: Sequence[object]) -> None:
    """Tell the browser what a setting was before the page was left, until it must know.

    Streamlit says so once. Where that run is overtaken by another, the browser has the default and asks for it.
    """
    held = state.take(key)
    if address.has_just_come() and held in offered:
        state.put(key, held)


def check_system(key: str, labels: Mapping[str, str], what: str = "system") -> None:
    """The same for a menu of systems that shows labels. `labels`: by system id; a link may say either."""
    check(key, labels, what, lambda system: (labels[system], system, *FORMER_LABELS.get(system, ())))


def check_switch(key: str, what: str) -> None:
    """The same for what is on or off."""
    check(key, ("true", "false"), what, lambda said: (said, said.title(), said.upper()))


def check_number(key: str, low: float, high: float, usual: float | None, what: str) -> None:
    """The same for a field of numbers from `low` to `high`. `usual`: what is offered instead, None for nothing."""
    asked = address.take_asked(key)
    if asked is None or not asked[-1]:
        return
    try:
        is_offered = low <= float(asked[-1]) <= high
    except ValueError:
        is_offered = False
    if not is_offered:
        not_here(key, what, asked[-1:], {} if usual is None else {f"{usual:g}": f"{usual:g}"})


def not_here(
    key: str,
    what: str,
    missing: Sequence[str],
    offered: Mapping[str, str],
    way_on: Callable[[str], None] | None = None,
) -> NoReturn:
    """Say what the link asks for and is not here, offer what is as links, and stop the page.

    `missing`: as the link says it. `offered`: text in a link -> label. `way_on`: see `offer`.
    """
    address.ask_again()
    address.write()
    names = ", ".join(f"**{plain(shortened(text, LONGEST))}**" for text in missing)
    st.title("Not here")
    st.warning(f"This link is for the {what} {names}, which {_place(key)} does not have. Nothing else is opened.")
    if way_on is not None:
        way_on(missing[-1])
    page = str(state.take(state.PAGE))
    params = {name: st.query_params.get_all(name) for name in st.query_params if name != key}
    if key == state.DATASET:
        params = {name: texts for name, texts in params.items() if name not in state.OF_A_DATASET}
        # what another dataset has no use for goes out of the link as well
        params |= {name: [] for name in state.OF_A_DATASET}
    if offered:
        st.markdown("Open one that is here:" if len(offered) > 1 else "Open the one that is here:")
    with st.container(gap="xsmall"):
        for text, label in list(offered.items())[:MOST_LINKS]:
            doors.page_link(page, plain(label), icon=":material/arrow_forward:", params={**params, key: [text]})
    if len(offered) > MOST_LINKS:
        st.caption(f"And {len(offered) - MOST_LINKS:,} more: they are in the menu once one of these is open.")
    if key == state.DATASET:
        doors.page_link("Data", "Import a dataset", icon=":material/database:", params={state.DATASET: []})
    doors.page_link("Home", params={name: [] for name in state.VIEW})
    st.stop()


def _place(key: str) -> str:
    if key in (state.DATASET, state.SYSTEMS):
        return "this workspace"
    return "this dataset" if key in state.OF_A_DATASET else "this page"


def _labels(options: Sequence[T], texts: Texts[T]) -> dict[str, str]:
    """How we write each option in a link -> what people call it: the longest of its texts, cut."""
    ways = [list(texts(option)) for option in options]
    return {said[0]: shortened(max(reversed(said), key=len), LONGEST) for said in ways}


def _known(options: Sequence[T], texts: Texts[T]) -> dict[str, T]:
    """Text in a link -> option: what we write ourselves comes before the other ways to say it."""
    ways = [(option, list(texts(option))) for option in options]
    known: dict[str, T] = {}
    for option, said in ways:
        known.setdefault(said[0], option)
    for option, said in ways:
        for text in said[1:]:
            known.setdefault(text, option)
    return known
