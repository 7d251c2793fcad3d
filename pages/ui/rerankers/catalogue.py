"""The parts of the page Rerankers: the table, a download that somebody asks for, adding a model by name."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, failures, roles, state, work
from pages.ui.markdown import plain
from pages.ui.rerankers import removal
from pages.ui.rerankers.show import show_on_compare
from pages.ui.tables import harmless_table
from rerank_core.corpus.import_roots import refuse_folder
from rerank_core.errors import RerankLensError
from rerank_core.experiment.job_requests import DownloadRequest
from rerank_core.rerankers.catalogue.catalog import NAMED_FAMILIES, catalog, model_from_name
from rerank_core.rerankers.catalogue.state import state as model_state
from rerank_core.store import jobs
from rerank_core.store.systems import drop_system, get_systems, put_system
from rerank_core.store.trained_folders import left_by
from rerank_core.store.workspace import Workspace
from rerank_core.systems.finding import NEEDS, Wanted, find, kind_of, languages_of, need_of
from rerank_core.systems.systems import System, all_systems
from rerank_core.views.tables import state_words, systems_frame

WIDTHS = {"Reranker": 250, "State": 150, "To fetch": 115, "Parameters": 110, "Kind": 125, "Languages": 140, "Runs": 105}
"""Pixels, so that the longest word of each column can be read."""


def table(space: Workspace) -> None:
    """Every system with its state and facts, those that are ready first; one that is picked is shown in full below."""
    systems = all_systems(space)
    found = find(systems, _wanted(systems))
    st.caption(f"{len(found):,} of {len(systems):,} rerankers. Pick a row for all facts in full.")
    if not found:
        st.info("Nothing matches. Remove a filter, or use fewer words.")
        return
    picked = st.dataframe(
        harmless_table(systems_frame(found)),
        hide_index=True,
        width="stretch",
        height=min(600, 38 + 36 * len(found)),
        row_height=36,
        placeholder="not published",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            **{name: st.column_config.TextColumn(width=width) for name, width in WIDTHS.items()},
            "Longest text (tokens)": st.column_config.NumberColumn(format="localized", width=165),
            "Card": st.column_config.LinkColumn(display_text="card"),
        },
    )
    rows = picked["selection"]["rows"]
    if rows and rows[0] < len(found):
        _in_full(space, found[rows[0]])
    st.caption(
        "Memory is that of the weights at two bytes each. *Facts from* names the source page of a row's facts and the "
        "day we read it, then the facts from other sources."
    )


def _wanted(systems: list[System]) -> Wanted:
    """The search and the filters; each offers what there is."""
    first, second, third = st.columns([2, 1, 1], vertical_alignment="bottom")
    words = first.text_input(
        "Search", key=state.WORDS, placeholder="name, maker, licence …", bind="query-params", icon=":material/search:"
    )
    there = sorted({kind_of(system) for system in systems})
    asked.check(state.KINDS, there, "kind of reranker")
    kinds = second.multiselect("Kind", there, key=state.KINDS, bind="query-params")
    spoken = sorted({language for system in systems for language in languages_of(system)})
    asked.check(state.LANGUAGES, spoken, "language")
    languages = third.multiselect("Language", spoken, key=state.LANGUAGES, bind="query-params")
    needed = [need for need in NEEDS if need in {need_of(system) for system in systems}]
    asked.check(state.NEEDS, needed, "need")
    needs = st.pills("Needs", needed, selection_mode="multi", key=state.NEEDS, bind="query-params")
    return Wanted(words, needs, kinds, languages)


def _in_full(space: Workspace, system: System) -> None:
    """One system: what it is, what it needs, and the next step."""
    with st.container(border=True):
        st.markdown(f"**{plain(system.label)}** · {state_words(system.state.kind)}")
        if not system.state.ready:
            st.markdown(plain(system.state.detail))
        facts = {name: value for name, value in systems_frame([system]).iloc[0].items() if _is_told(value)}
        shown = [name for name in facts if name not in ("Reranker", "State", "What it needs")]
        st.markdown(" · ".join(f"{name}: {plain(_in_words(facts[name]))}" for name in shown))
        if system.state.ready:
            show_on_compare(system.id, "picked")
        elif system.state.kind == "needs-download":
            st.button("Download", key="download-picked", on_click=_download, args=(space, system.id))


def _is_told(value: object) -> bool:
    return value is not None and value == value and value != ""


def _in_words(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)


def follow_download(space: Workspace) -> None:
    """The download that somebody asked for on this page, wherever on it: its bar, or what came of it."""
    asked = state.take(state.DOWNLOADED)
    job = work.latest(space, DownloadRequest(system=asked)) if asked else None
    if job is None:
        with space.open() as db:
            job = next(iter(jobs.open_jobs(db, DownloadRequest.kind)), None)
    if job is None:
        return
    label = plain(next((one.label for one in all_systems(space) if one.id == job.params["system"]), ""))
    if job.is_open:
        work.watch(space, [job.id], lambda: None)
    elif job.state == "failed":
        st.error(plain(job.message))
    elif job.state == "done":
        st.success(f"{label} is here.")
        show_on_compare(job.params["system"], "downloaded")


def fetch(space: Workspace) -> None:
    """Download a model: only when somebody clicks, with its size."""
    waiting = {system.id: system for system in all_systems(space) if system.state.kind == "needs-download"}
    if not waiting:
        return
    st.subheader("Download a model")
    named = {one: f"{system.label}: {system.state.detail}" for one, system in waiting.items()}
    chosen = st.selectbox("Model", list(named), format_func=named.get)
    st.button("Download", on_click=_download, args=(space, chosen))


@failures.told
def _download(space: Workspace, system_id: str) -> None:
    state.put(state.DOWNLOADED, system_id)
    work.put_job(space, DownloadRequest(system=system_id))


def add(space: Workspace) -> None:
    """Add any model by hub name or folder."""
    st.subheader("Add a model")
    with st.form("add-model", clear_on_submit=True):
        left, right = st.columns([1, 3])
        left.selectbox("Family", NAMED_FAMILIES, key=state.FAMILY)
        right.text_input("Hub name or local folder", placeholder="org/model, or /path/to/model", key=state.MODEL)
        st.form_submit_button("Add", on_click=_put, args=(space,))
    message = state.take(state.ADDED)
    if message is not None:
        kind, line, system_id = message
        {"success": st.success, "warning": st.warning, "error": st.error}[kind](plain(line))
        if kind == "success":
            show_on_compare(system_id, "added")


@failures.told
def _put(space: Workspace) -> None:
    """Keep the model of the form; before the page is drawn, so that its tables hold it."""
    try:
        name = (state.take(state.MODEL) or "").strip()
        refuse_folder(name, () if not roles.may_set_servers() else None)
        model = model_from_name(state.take(state.FAMILY), name)
    except RerankLensError as error:
        state.put(state.ADDED, ("error", str(error), ""))
        return
    if model not in catalog():
        with space.write() as db:
            put_system(db, model.id, model.id, {})
    state_now = model_state(model)
    state.put(
        state.ADDED,
        ("success" if state_now.ready else "warning", f"{model.label} is in the list. {state_now.detail}", model.id),
    )


def remove(space: Workspace) -> None:
    """Take a model that somebody added off the list; its rankings and labels stay."""
    with space.open() as db:
        added = list(get_systems(db))
    labels = {system.id: system.label for system in all_systems(space)} if added else {}
    removal.offer(
        space,
        "Added by you",
        added,
        ("systems-added", "remove-system"),
        state.ADDED,
        drop_system,
        lambda db, name: left_by(db, space.path, system=name),
        labels,
    )
