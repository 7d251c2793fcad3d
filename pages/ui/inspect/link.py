"""The way from a card of Compare to the page Inspect and back: the pair of a system and a passage in the address.

The address says both by their ids. It is not bound to the two menus of Inspect, as what they show changes with ranks.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.ui import doors, state


def inspect_pair(system: str, docid: str) -> None:
    """Leave this page for Inspect, at this pair."""
    pair: dict[str, str | list[str]] = {state.INSPECTED: [system], state.PASSAGE: [docid]}
    doors.go("Inspect", pair)


def link_back(system: str, docid: str) -> None:
    """A link to the card of this pair on Compare."""
    pair: dict[str, str | list[str]] = {state.INSPECTED: system, state.PASSAGE: docid}
    doors.page_link("Compare", "Back to Compare", icon=":material/arrow_back:", params=pair)


def linked_pair(labels: Mapping[str, str]) -> tuple[str | None, str | None] | None:
    """The system and the passage that the address asks for, put into the menus; None where it asks for nothing new.

    `labels`: system id -> label; a link may say either. To be called before the menus are drawn.
    """
    asked = (st.query_params.get(state.INSPECTED), st.query_params.get(state.PASSAGE))
    if asked == (None, None) or (asked == state.take(state.PAIR_TAKEN) and state.take(state.INSPECTED) is not None):
        return None
    state.put(state.PAIR_TAKEN, asked)
    system = next((one for one, label in labels.items() if label == asked[0]), asked[0])
    for key, value in ((state.INSPECTED, system), (state.PASSAGE, asked[1])):
        if value is not None:
            state.put(key, value)
    return system, asked[1]


def say_pair(system: str, docid: str, is_first: bool) -> None:
    """Bring the address up to the pair that is shown; the one that is shown anyway (`is_first`) needs none."""
    shown = (system, docid)
    said = (st.query_params.get(state.INSPECTED), st.query_params.get(state.PASSAGE))
    if said == shown or (is_first and said == (None, None)):
        return
    state.put(state.PAIR_TAKEN, shown)
    st.query_params.update({state.INSPECTED: system, state.PASSAGE: docid})


def forget_pair() -> None:
    """Take the pair out of the address and the menus: the first one is shown."""
    for key in (state.INSPECTED, state.PASSAGE):
        st.query_params.pop(key, None)
        state.pop(key)
    state.pop(state.PAIR_TAKEN)
