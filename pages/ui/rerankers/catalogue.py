"""The parts of the page Rerankers: the table, a download that somebody asks for, adding a model by name."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles, state, work
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.corpus.import_roots import refuse_folder
from rerank_core.errors import RerankLensError
from rerank_core.experiment.job_requests import DownloadRequest
from rerank_core.rerankers.catalogue.catalog import NAMED_FAMILIES, catalog, model_from_name
from rerank_core.rerankers.catalogue.state import state as model_state
from rerank_core.store.systems import drop_system, get_systems, put_system
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems
from rerank_core.views.tables import systems_frame


def table(space: Workspace) -> None:
    """Every system with its state and facts."""
    st.dataframe(
        harmless_table(systems_frame(all_systems(space))),
        hide_index=True,
        width="stretch",
        height=600,
        placeholder="–",
        column_config={
            "Card": st.column_config.LinkColumn(display_text="card"),
            "What it needs": st.column_config.TextColumn(width="large"),
        },
    )
    st.caption(
        "– means that we found no such fact. Memory is that of the weights at two bytes each. *Facts from* names the "
        "source page of a row's facts and the day we read it, then the facts from other sources."
    )


def fetch(space: Workspace) -> None:
    """Download a model: only when somebody clicks, with its size, a bar and a stop."""
    waiting = {system.id: system for system in all_systems(space) if system.state.kind == "needs-download"}
    if not waiting:
        return
    st.subheader("Download a model")
    named = {one: f"{system.label}: {system.state.detail}" for one, system in waiting.items()}
    chosen = st.selectbox("Model", list(named), format_func=named.get)
    request = DownloadRequest(system=chosen)
    st.button("Download", on_click=work.submit, args=(space, request))
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None)
    elif job is not None and job.state == "failed":
        st.error(plain(job.message))


def add(space: Workspace) -> None:
    """Add any model by hub name or folder."""
    st.subheader("Add a model")
    with st.form("add-model", clear_on_submit=True):
        left, right = st.columns([1, 3])
        left.selectbox("Family", NAMED_FAMILIES, key=state.FAMILY)
        right.text_input("Hub name or local folder", placeholder="org/model, or /path/to/model", key=state.MODEL)
        st.form_submit_button("Add", on_click=_put, args=(space,))
    message = state.pop(state.ADDED)
    if message is not None:
        kind, line = message
        {"success": st.success, "warning": st.warning, "error": st.error}[kind](plain(line))


def _put(space: Workspace) -> None:
    """Keep the model of the form; before the page is drawn, so that its tables hold it."""
    try:
        name = (state.take(state.MODEL) or "").strip()
        refuse_folder(name, () if not roles.may_set_servers() else None)
        model = model_from_name(state.take(state.FAMILY), name)
    except RerankLensError as error:
        state.put(state.ADDED, ("error", str(error)))
        return
    if model not in catalog():
        with space.write() as db:
            put_system(db, model.id, model.id, {})
    state_now = model_state(model)
    state.put(
        state.ADDED, ("success" if state_now.ready else "warning", f"{model.label} is in the list. {state_now.detail}")
    )


def remove(space: Workspace) -> None:
    """Take a model that somebody added off the list; its rankings and labels stay."""
    with space.open() as db:
        added = list(get_systems(db))
    if not added:
        return
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    chosen = left.selectbox("Added by you", added)
    right.button("Remove", on_click=_drop, args=(space, chosen))


def _drop(space: Workspace, system_id: str) -> None:
    with space.write() as db:
        drop_system(db, system_id)
