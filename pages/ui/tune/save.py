"""Keep what a search chose as a system of its own."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import RerankLensError
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
        st.text_input("Name", key=state.TUNED_NAME, max_chars=80, placeholder="for example: tuned hybrid")
        if floored:
            st.checkbox("With its score floor", True, key=state.TUNED_FLOOR)
        st.form_submit_button("Keep", on_click=_keep, args=(space, view.dataset.name, found))
    said = state.pop(state.TUNED_SAID)
    if said is not None:
        kept, text = said
        (st.success if kept else st.error)(plain(text))
    st.caption(
        f"It carries the mark of the {found['queries']:,} queries that chose it: on them its figures are too good, and "
        "Compare and Evaluate say so."
    )


def _keep(space: Workspace, dataset: str, found: dict[str, Any]) -> None:
    name, system = str(state.take(state.TUNED_NAME) or "").strip(), str(state.take(state.TUNED_SYSTEM))
    try:
        kept = save_winner(space, found, system, name, dataset, floor=bool(state.take(state.TUNED_FLOOR)))
    except RerankLensError as error:
        state.put(state.TUNED_SAID, (False, str(error)))
        return
    state.put(state.TUNED_SAID, (True, f"Kept as '{kept}'. Choose it in the sidebar of any page."))
