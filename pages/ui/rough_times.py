"""Times that were taken while the machine was busy: said, and a button that has them taken again."""

from __future__ import annotations

import streamlit as st

from pages.ui import work
from pages.ui.markdown import plain
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import MeasureRequest
from rerank_core.experiment.measured import is_rough
from rerank_core.experiment.one_query import Comparison
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query


def offer_for_query(space: Workspace, experiment: Experiment, comparison: Comparison) -> None:
    """For the columns of one query; nothing where no time is rough."""
    labels = {system.id: system.label for system in experiment.systems}
    rough = [labels[one] for one, ranking in comparison.rankings.items() if one in labels and is_rough(ranking)]
    if rough:
        names = plain(", ".join(rough))
        _offer(space, experiment, comparison.query, f"≈ The machine was busy while these were timed: {names}.")


def offer_for_all(space: Workspace, experiment: Experiment, rough: int) -> None:
    """For all queries; `rough`: how many of their times were taken while the machine was busy."""
    if rough:
        times = "1 time was" if rough == 1 else f"{rough:,} times were"
        _offer(space, experiment, None, f"≈ {times} measured while the machine was busy with other work.")


def _offer(space: Workspace, experiment: Experiment, query: Query | None, line: str) -> None:
    request = MeasureRequest.of(experiment, query)
    job = work.latest(space, request)
    if job is not None and job.is_open:
        work.watch(space, [job.id], lambda: None, seconds=1.0)
        return
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.caption(line)
    if not space.why_only_read():
        right.button("Measure again", key="measure-again", on_click=work.submit, args=(space, request))
