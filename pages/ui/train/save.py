"""Keep what was trained as a system of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.held_out import keep
from pages.ui.view import View
from rerank_core.evaluation.numbers import counted
from rerank_core.store.workspace import Workspace
from rerank_core.training.record import save


def offer(space: Workspace, view: View, found: dict[str, Any]) -> None:
    """A form that saves it under a name."""
    if space.why_only_read():
        return
    st.subheader("Keep it as a system")
    with st.form("keep", border=False, width=620):
        keep.name_and_button(state.TRAINED_NAME, "our blend", partial(_keep, space, view.dataset.name, found))
    keep.say(state.TRAINED_SAID)
    st.caption(
        f"It carries the mark of the {counted(len(found['qids']), 'query', 'queries')} that it has seen: on them its "
        "figures are too good, and Compare, Evaluate and the report say so."
    )


def _keep(space: Workspace, dataset: str, found: dict[str, Any]) -> None:
    keep.kept_as(state.TRAINED_SAID, state.TRAINED_NAME, lambda name: save(space, found, name, dataset))
