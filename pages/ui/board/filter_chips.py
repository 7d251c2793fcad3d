"""The filters that are on, over the board: one chip per value, taken off by a click."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.view import View


def show(view: View) -> None:
    """A chip for each value of each filter; nothing without a filter."""
    chips = [(field, value) for field, values in view.experiment.settings.filters for value in values]
    if not chips:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter-chips"):
        st.caption("Only passages with", width="content")
        for place, (field, value) in enumerate(chips):
            st.button(
                f"{plain(field)} = {plain(str(value))}",
                key=f"filter-chip-{place}",
                icon=":material/close:",
                icon_position="right",
                help=f"Remove the filter {plain(field)} = {plain(str(value))}",
                on_click=_take_off,
                args=(value,),
            )


def _take_off(value: Any) -> None:
    state.put(state.FILTER_VALUES, [one for one in state.take(state.FILTER_VALUES) or () if one != value])
