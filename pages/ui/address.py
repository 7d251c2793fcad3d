"""The address bar holds the view: what a link asks for, what the widgets hold by now, and what a link to here says.

Streamlit's own binding of widgets to the address is for settings of one page. It leaves defaults out, takes what is
bound out of every link to another page, and drops what it does not know without a word. So the keys in `VIEW` are not
bound: `asked.offer` puts what the link asks for into a widget, `hold` takes what the widget has, `write` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui import state
from pages.ui.state import ALWAYS, DATASET, OF_A_DATASET, SYSTEMS, VIEW

RUNS_OF_AN_ENTRY = 3
"""For its link, and for what came along: how often a page may run before anybody did anything."""


def enter(page: str) -> None:
    """To be called first on each page: where somebody has come from elsewhere, the address is what they ask for.

    Elsewhere: another page, a link, the browser's Back, or a link that nothing could be shown for. Otherwise the
    widgets hold the view, and the address follows them.
    """
    goes_back = bool(getattr(get_script_run_ctx(), "is_history_navigation", False))
    lost = bool(state.pop(state.LOST))
    if state.take(state.PAGE) == page and not goes_back and not lost:
        state.put(state.RUNS_HERE, int(state.take(state.RUNS_HERE) or 0) + 1)
        return
    state.put(state.RUNS_HERE, 0)
    here = {key: st.query_params.get_all(key) for key in st.query_params}
    held = link()
    if DATASET in here and here[DATASET] != held.get(DATASET):
        held = {key: texts for key, texts in held.items() if key not in OF_A_DATASET}
    carried = {key: texts for key, texts in held.items() if key not in here}
    if goes_back:
        carried = {key: texts for key, texts in carried.items() if key in ALWAYS}
    state.put(state.ASKED, here)
    state.put(state.CARRIED, carried)
    state.put(state.FROM_ELSEWHERE, set(VIEW))
    state.put(state.LINKED, carried)
    state.put(state.PAGE, page)
    state.put(state.ADDRESS_SENT, False)
    state.pop(state.INVITING)


def take_asked(key: str) -> list[str] | None:
    """What the link asks for under this key, once; None where it says nothing, or it has been taken."""
    asked = dict(state.take(state.ASKED) or {})
    texts = asked.pop(key, None)
    state.put(state.ASKED, asked)
    return texts


def take_carried(key: str) -> list[str] | None:
    """What the last page held under this key, once; None where it held the default."""
    carried = dict(state.take(state.CARRIED) or {})
    texts = carried.pop(key, None)
    state.put(state.CARRIED, carried)
    return texts


def ask_again() -> None:
    """Where nothing could be shown for the address, it stays as it came, and links from here ask for the same."""
    state.put(state.ASKED, {key: st.query_params.get_all(key) for key in st.query_params})
    state.put(state.LOST, True)


def answer(key: str, text: str) -> None:
    """Where a link asks for what is not here and somebody has chosen something else, ask for that. For callbacks."""
    if state.pop(state.LOST):
        state.put(state.ASKED, {**(state.take(state.ASKED) or {}), key: [text]})


def is_new_here(key: str) -> bool:
    """Whether the widget of this key is drawn for the first time since somebody came here; asked once."""
    new = set(state.take(state.FROM_ELSEWHERE) or ())
    state.put(state.FROM_ELSEWHERE, new - {key})
    return key in new


def has_just_come() -> bool:
    """Whether this is one of the runs that a page makes by itself when somebody comes to it."""
    return int(state.take(state.RUNS_HERE) or 0) < RUNS_OF_AN_ENTRY


def hold(key: str, texts: Sequence[str]) -> None:
    """Keep how the address says what a widget of the view has by now; nothing for a default."""
    held = _held()
    if key == DATASET and held.get(key) not in (None, list(texts)):
        for other in OF_A_DATASET:
            held.pop(other, None)
            take_asked(other)
            take_carried(other)
    if texts:
        held[key] = list(texts)
    else:
        held.pop(key, None)
    state.put(state.LINKED, held)


def hold_unless(key: str, value: object, default: object) -> None:
    """The same for one value that its own text names."""
    hold(key, [] if value == default else [str(value)])


def put_into_view(system: str, usual: Sequence[str]) -> None:
    """Have a system among those that Compare shows when it is opened next; `usual`: those where nothing was chosen."""
    shown = link().get(SYSTEMS) or list(usual)
    take_asked(SYSTEMS)
    hold(SYSTEMS, shown if system in shown else [*shown, system])


def follow_dataset(before: str, after: str | None) -> None:
    """Have the view speak of a renamed dataset by its new name; None: it is gone."""
    for place in (state.LINKED, state.ASKED, state.CARRIED):
        said: dict[str, list[str]] = dict(state.take(place) or {})
        if said.get(DATASET) == [before]:
            kept = {key: texts for key, texts in said.items() if key not in (DATASET, *OF_A_DATASET)}
            state.put(place, {**kept} if after is None else {**said, DATASET: [after]})


def link() -> dict[str, list[str]]:
    """The query parameters of this view, in the order of `VIEW`; a default has none, and a list may hold several.

    What the address asks for and no widget has taken yet belongs to it.
    """
    said = {**_held(), **(state.take(state.ASKED) or {})}
    return {key: list(said[key]) for key in VIEW if said.get(key)}


def full_link() -> dict[str, list[str]]:
    """The same for a link that loads the app anew: a judge who gave a name keeps it."""
    named = str(state.take(state.JUDGE) or "").strip()
    return {**link(), **({state.JUDGE: [named]} if named else {})}


def write() -> None:
    """Bring the address up to the view. To be called whenever the view is known; sends nothing where nothing changed.

    The browser takes the new address in place of the old one (`server/first_script.js`): Back leads to the last page.
    """
    wanted = link()
    now = {key: st.query_params.get_all(key) for key in VIEW if key in st.query_params}
    if now == wanted and state.take(state.ADDRESS_SENT):
        return
    for key in now.keys() - wanted.keys():
        del st.query_params[key]
    # a link within the page changes what the server knows of the address and not the browser: say it once in any case
    if wanted:
        st.query_params.update(wanted)
    state.put(state.ADDRESS_SENT, True)


def _held() -> dict[str, list[str]]:
    held: Mapping[str, list[str]] = state.take(state.LINKED) or {}
    return dict(held)
