"""The datasets whose passages lie in a search engine: what was asked, and asking again."""

from __future__ import annotations

import streamlit as st

from pages.ui import failures, state, work
from pages.ui.datasets.dropping import own_job
from pages.ui.doors import go
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError, WorkspaceError
from rerank_core.experiment.connected import Connection, connection_of
from rerank_core.experiment.job_requests import RefreshRequest
from rerank_core.store import datasets, engine_answers, engine_sources
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace


def say_connected() -> None:
    """That a dataset was connected, and the way to compare it."""
    name = state.take(state.CONNECTED)
    if name is None:
        return
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.success(f"{plain(name)} is connected.")
    if right.button("Compare it", type="primary", icon=":material/arrow_forward:", width="stretch", key="connect_go"):
        state.pop(state.CONNECTED)
        go("Compare", {state.DATASET: name})


def datasets_elsewhere(space: Workspace) -> None:
    """One card per connected dataset."""
    rows: list[tuple[DatasetRow, Connection]] = []
    unknown: list[str] = []
    with space.open() as db:
        for row in datasets.list_datasets(db):
            try:
                found = connection_of(db, row)
            except WorkspaceError:
                raise
            except RerankLensError as error:
                unknown.append(f"{row.name}: {error}")
            else:
                rows += [(row, found)] if found is not None else []
    if not rows and not unknown:
        return
    st.subheader("Connected datasets")
    job = work.finished(space, own_job(space, state.REFRESH_JOB), "Nothing was refreshed.")
    if job is not None:
        name = RefreshRequest.from_json(job.params).dataset
        st.success(f"{plain(name)}: {plain(job.result['sentence'])}")
    for sentence in unknown:
        st.warning(plain(sentence))
    for row, connection in rows:
        _card(space, row, connection)


def _card(space: Workspace, row: DatasetRow, connection: Connection) -> None:
    with space.open() as db:
        asked, changed = engine_answers.count_answers(db, row.id)
        latest = engine_sources.latest_refresh(db, row.id)
    with st.container(border=True):
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f"**{plain(row.name)}** · {plain(connection.source.label)}")
        stages = ", ".join(template.name for template in connection.templates)
        left.caption(
            f"First stages: {plain(stages)}. Passages seen: {row.n_docs:,}. Answers kept: {asked:,}, "
            f"since {plain(connection.at[:16].replace('T', ' '))} UTC."
        )
        if latest is not None:
            left.caption(
                f"Refreshed {plain(latest[0][:16].replace('T', ' '))} UTC: {plain(str(latest[1].get('sentence', '')))}"
            )
        if changed:
            left.warning(f"{changed:,} places have another text now than the passage that is kept. Refresh to take it.")
        request = RefreshRequest(dataset=row.name, fingerprint=row.fingerprint)
        right.button(
            "Refresh",
            key=f"refresh{row.id}",
            disabled=not asked,
            on_click=_refresh,
            args=(space, request),
            help="Asks again all that was asked, and takes what changed. Grades of a changed text become stale.",
        )


@failures.told
def _refresh(space: Workspace, request: RefreshRequest) -> None:
    state.put(state.REFRESH_JOB, work.put_job(space, request).id)
