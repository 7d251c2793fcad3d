"""Where a system should stop answering: precision and answered share over the raw score."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import asked, state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.errors import SettingsError
from rerank_core.evaluation.threshold import ThresholdPoint, threshold_curve, threshold_for
from rerank_core.experiment.one_query import all_rankings
from rerank_core.store import judgments
from rerank_core.store.workspace import Workspace
from rerank_core.types import Qrels, Ranking
from rerank_core.views.threshold import threshold_chart

MIN_JUDGED = 20  # a precision over fewer passages is luck
DEFAULT_K = 5


def choose_target(column: DeltaGenerator) -> float:
    """The precision that a threshold is to reach."""
    asked.check_number(state.TARGET, 0.05, 1.0, 0.5, "target precision")
    return float(column.slider("Target precision", 0.05, 1.0, 0.5, 0.05, key=state.TARGET, bind="query-params"))


def point_of(rankings: Mapping[str, Ranking], qrels: Qrels, level: int, target: float) -> ThresholdPoint | None:
    """The threshold in the first `DEFAULT_K`; None where none reaches the target, or there are no scores."""
    try:
        curve = threshold_curve(rankings, qrels, DEFAULT_K, level)
    except SettingsError:
        return None
    return threshold_for(curve, target, min_judged=MIN_JUDGED)


def show(space: Workspace, view: View) -> None:
    """The curve of one system, and the threshold that reaches a target precision."""
    st.caption(
        "With a threshold t a system shows only passages with a score of t or more. How many of these in its top k "
        "are relevant, and how many queries still get one? Raw scores; each system has its own scale, so there is no "
        "default."
    )
    labels = {system.id: system for system in view.systems if system.scored_by is not None}
    if not labels:
        st.info("None of these systems gives scores that are comparable between queries.")
        return
    asked.check_system(state.SCORED, {system: row.label for system, row in labels.items()}, "system with scores")
    asked.check_number(state.TOP_K, 1, 100, DEFAULT_K, "top k")
    left, middle, right = st.columns(3)
    chosen = left.selectbox(
        "System", list(labels), format_func=lambda system: labels[system].label, key=state.SCORED, bind="query-params"
    )
    k = middle.number_input("Top k", 1, 100, DEFAULT_K, key=state.TOP_K, bind="query-params")
    target = choose_target(right)
    with space.open() as db:
        qrels = judgments.qrels(db, view.dataset.id)
    try:
        rankings = all_rankings(view.experiment, labels[chosen])
        curve = threshold_curve(rankings, qrels, int(k), view.level)
        point = threshold_for(curve, target, min_judged=MIN_JUDGED)
    except SettingsError as error:
        st.warning(plain(str(error)))
        return
    if not curve.points:
        st.info("No query is ranked by this system yet. Rank all queries on **Compare** first.")
        return
    if point is None:
        st.markdown(f"No threshold reaches a precision of {target:.0%} with {MIN_JUDGED} graded passages or more.")
    else:
        st.markdown(
            f"**{point.threshold:.4f}** reaches {point.precision:.0%} precision and still answers {point.share:.0%} of "
            f"{curve.queries} queries ({point.judged} graded passages shown, {point.unjudged} ungraded)."
        )
    st.altair_chart(threshold_chart(curve, point, labels[chosen].scored_by.model.score_scale), width="stretch")
    st.caption(
        "The threshold is chosen on the same grades that it is measured on: expect a little less on new queries."
    )
