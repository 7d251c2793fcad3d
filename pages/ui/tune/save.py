"""Keep what a search chose as a system of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.held_out import keep
from pages.ui.view import View
from rerank_core.store.workspace import Workspace
from rerank_core.tuning.record import save_winner


def offer(space: Workspace, view: View, found: dict[str, Any]) -> None:
    """A form that saves the best setting of one of the searches under a name."""
    if space.why_only_read():
        return
    st.subheader("Keep a setting as a system")
    names = {row["system"]: f"{row.get('label', row['system'])}: {row['setting']}" for row in found["rows"]}
    floored = any(row.get("floor") for row in found["rows"])
    with st.form("keep", border=False, width=620):
        st.selectbox(
            "Setting",
            list(names),
            1 if len(names) > 1 else 0,
            names.get,
            key=state.TUNED_SYSTEM,
        )
        if floored:
            st.checkbox("With its score floor", True, key=state.TUNED_FLOOR)
        keep.name_and_button(state.TUNED_NAME, "tuned hybrid", partial(_keep, space, view.dataset.name, found))
    keep.say(state.TUNED_SAID)
    st.caption(
        f"It carries the mark of the {found['queries']:,} queries that chose it: on them its figures are too good, and "
        "Compare and Evaluate say so."
    )


def _keep(space: Workspace, dataset: str, found: dict[str, Any]) -> None:
    system, floor = str(state.take(state.TUNED_SYSTEM)), bool(state.take(state.TUNED_FLOOR))
    keep.kept_as(
        state.TUNED_SAID,
        state.TUNED_NAME,
        lambda name: save_winner(space, found, system, name, dataset, floor=floor),
    )
