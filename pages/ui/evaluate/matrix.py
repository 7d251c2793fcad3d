"""Matrix: first stages against rerankers, with what each first stage allows at most, and the way to fill it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.ui import failures, state, work
from pages.ui.doors import page_link
from pages.ui.evaluate.cache import whole_set
from pages.ui.evaluate.report import file_name
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table, written_table
from pages.ui.view import View
from rerank_core.evaluation.numbers import count, counted, figure, share
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.job_requests import RunRequest
from rerank_core.experiment.matrix import Matrix, Row, columns, first_stages, matrix
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.workspace import Workspace
from rerank_core.views.matrix import BEST, RECALL, STAGE, cells_frame, matrix_frame, states_frame

QUALITY, TIME = "Quality", "p95 ms"
_AT_FIRST = 8
"""So many first stages are shown until somebody chooses."""


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The choice of rows, the table, what is not ranked with its button, and the way to more rows."""
    stages = {settings.key(): settings for settings in first_stages(view.experiment)}
    if not columns(view.systems):
        st.info("The systems in the sidebar all find their own candidates. Add a reranker, or *First stage*.")
        return
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    chosen = left.multiselect(
        "First stages",
        list(stages),
        list(stages)[:_AT_FIRST],
        format_func=lambda key: stages[key].label(),
        key=state.MATRIX_ROWS,
    )
    what = right.segmented_control("Shown", [QUALITY, TIME], default=QUALITY, required=True, key=state.MATRIX_SHOWN)
    if not chosen:
        st.info("Choose at least one first stage.")
        return
    found = _matrix(view, figures, [stages[key] for key in chosen])
    _table(found, what == TIME)
    _take_away(view, found)
    _missing(space, view, found)
    page_link("Rerankers", "Build a system with a first stage of its own", icon=":material/add:")


def _matrix(view: View, figures: Figures, stages: Sequence[RetrievalSettings]) -> Matrix:
    return matrix(
        view.experiment,
        figures.summary.measures[0],
        stages,
        figures.only_qids,
        figures.own_left_out,
        load=lambda experiment: whole_set(experiment)[0],
    )


def _table(found: Matrix, times: bool) -> None:
    frame = matrix_frame(found, times)
    numbers = (lambda value: figure(value, 0)) if times else figure
    names = [name for name in frame.columns if name not in (STAGE, BEST, RECALL)]
    number = st.column_config.NumberColumn
    st.dataframe(
        written_table(frame, {BEST: figure, RECALL: share, **dict.fromkeys(names, numbers)}),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            STAGE: st.column_config.TextColumn(pinned=True, width=280),
            BEST: number(
                help=f"{found.measure} if the candidates stood in their best order: no reranker gets further."
            ),
            RECALL: number(help="The share of the relevant passages that are among the candidates."),
        },
    )
    said = "95 of 100 queries took less: search and reranking together" if times else f"Mean {found.measure}"
    st.caption(
        f"{said}, over the {counted(len(found.qids), 'query', 'queries')} with a relevant passage. Rows have other "
        "candidates: a difference within a row is of the order alone, one between rows is of the search too."
    )


def _take_away(view: View, found: Matrix) -> None:
    st.download_button(
        "CSV, one row per cell",
        lambda: harmless_table(cells_frame(found)).to_csv(index=False).encode("utf-8"),
        file_name(view, "matrix.csv"),
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _missing(space: Workspace, view: View, found: Matrix) -> None:
    """What has no figure, and why; what can be ranked now gets a button with about what it costs."""
    states = states_frame(found)
    if states.empty:
        return
    ready = {system.id for system in view.ready.systems}
    wanted = [(row, [one for one in systems if one in ready]) for row, systems in found.missing()]
    wanted = [(row, systems) for row, systems in wanted if systems]
    requests = [_request(view, row, systems) for row, systems in wanted]
    running = [job for request in requests if (job := work.latest(space, request)) is not None and job.is_open]
    if running:
        work.watch(space, [job.id for job in running], lambda: None, seconds=1.0)
    elif requests and not space.why_only_read():
        pairs = sum(row.settings.depth * len(systems) for row, systems in wanted) * view.dataset.n_queries
        st.markdown(
            f"{counted(sum(len(systems) for _, systems in wanted), 'cell is', 'cells are')} not ranked yet: at most "
            f"{count(pairs)} pairs to score, fewer where scores are kept."
        )
        st.button("Rank what is missing", key="rank-matrix", on_click=_rank, args=(space, requests))
    for request in requests:
        job = work.latest(space, request)
        if job is not None and job.state == "failed":
            st.error(plain(job.message))
    with st.expander(f"Without a figure: {counted(len(states), 'cell')}"):
        st.dataframe(harmless_table(states), hide_index=True, width="stretch", placeholder="–")
        st.caption(
            "*Other candidates*: an imported run ranks passages of its own; it has a figure in the row whose "
            "candidates it reorders."
        )


def _request(view: View, row: Row, systems: Sequence[str]) -> RunRequest:
    experiment = replace(view.experiment, settings=row.settings)
    return RunRequest.of(experiment.with_systems([one for one in view.systems if one.id in systems]))


@failures.told
def _rank(space: Workspace, requests: Sequence[RunRequest]) -> None:
    for request in requests:
        work.put_job(space, request)
