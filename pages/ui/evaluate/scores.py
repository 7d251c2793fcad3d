"""Does a system's score separate good passages from bad ones? Its raw scores by grade, with the threshold."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.inspect import threshold
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.separation import separation
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace
from rerank_core.views.scores import scores_chart


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The scores of one system, all queries together."""
    systems = {system.id: system for system in view.systems if system.scored_by is not None}
    if not systems:
        st.info("None of these systems gives scores that are comparable between queries.")
        return
    asked.check_system(state.SCORED, {system: row.label for system, row in systems.items()}, "system with scores")
    left, right = st.columns(2)
    chosen = left.selectbox(
        "System", list(systems), format_func=lambda system: systems[system].label, key=state.SCORED, bind="query-params"
    )
    target = threshold.choose_target(right)
    rankings, qrels = figures.whole.rankings(chosen), figures.whole.qrels
    separated = separation({qid: rankings[qid] for qid in rankings if qid in qrels}, qrels, view.level)
    if separated is None:
        st.info("This system gives an order without scores, or has not ranked a graded query yet.")
        return
    scale = systems[chosen].scored_by.model.score_scale
    point = threshold.point_of(rankings, qrels, view.level, target)
    st.markdown(f"#### {_sentence(separated.auc, systems[chosen].label)}")
    at = None if point is None else point.threshold
    st.altair_chart(scores_chart(separated, sorted(view.dataset.scale), at, scale), width="stretch")
    below = (
        f"No score reaches a precision of {target:.0%} in the first {threshold.DEFAULT_K}, so no threshold is drawn."
        if point is None
        else f"The dashed line, {point.threshold:.4f}, is the lowest score from which {target:.0%} of "
        f"the judged passages in the first {threshold.DEFAULT_K} are relevant; {point.share:.0%} of the "
        "queries still get an answer."
    )
    st.caption(
        "Dots: how many of a grade's passages have that score; ticks: their median. All graded queries together, raw "
        f"scores ({plain(scale)}). {below} For more, open Inspect, Score threshold."
    )
    if separated.unscored:
        st.caption(f"{separated.unscored:,} passages have no score (an early stage left them out).")


def _sentence(auc: float | None, label: str) -> str:
    if auc is None:
        return "Grade both relevant and other passages to see whether the score separates them."
    return f"A relevant passage scores above one graded not relevant in **{auc:.0%}** of pairs by {plain(label)}."
