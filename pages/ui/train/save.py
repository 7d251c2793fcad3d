"""Keep what was trained as a system of its own."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import failures, state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import RerankLensError
from rerank_core.evaluation.numbers import counted
from rerank_core.store.workspace import Workspace
from rerank_core.training.record import save


def offer(space: Workspace, view: View, found: dict[str, Any]) -> None:
    """A form that saves it under a name."""
    if space.why_only_read():
        return
    st.subheader("Keep it as a system")
    with st.form("keep", border=False, width=620):
        st.text_input("Name", key=state.TRAINED_NAME, max_chars=80, placeholder="for example: our blend")
        st.form_submit_button("Keep", on_click=_keep, args=(space, view.dataset.name, found))
    said = state.pop(state.TRAINED_SAID)
    if said is not None:
        kept, text = said
        (st.success if kept else st.error)(plain(text))
    st.caption(
        f"It carries the mark of the {counted(len(found['qids']), 'query', 'queries')} that it has seen: on them its "
        "figures are too good, and Compare, Evaluate and the report say so."
    )


@failures.told
def _keep(space: Workspace, dataset: str, found: dict[str, Any]) -> None:
    name = str(state.take(state.TRAINED_NAME) or "").strip()
    try:
        kept = save(space, found, name, dataset)
    except RerankLensError as error:
        state.put(state.TRAINED_SAID, (False, str(error)))
        return
    state.put(state.TRAINED_SAID, (True, f"Kept as '{kept}'. Choose it in the sidebar of any page."))
