"""The sections of the page Evaluate: one is shown at a time, and the link keeps which."""

from __future__ import annotations

import streamlit as st

from pages.ui import (
    evaluate_depth,
    evaluate_fault,
    evaluate_heat,
    evaluate_passages,
    evaluate_queries,
    evaluate_scores,
    evaluate_slices,
    evaluate_speed,
    evaluate_why,
    report,
    state,
)
from pages.ui.evaluate_cache import Figures
from pages.ui.view import View
from rerank_core.store.workspace import Workspace

SECTIONS = {
    "Queries": evaluate_queries.show,
    "Heat map": evaluate_heat.show,
    "Passages": evaluate_passages.show,
    "Slices": evaluate_slices.show,
    "Whose fault": evaluate_fault.show,
    "Why this number": evaluate_why.show,
    "Scores": evaluate_scores.show,
    "Pool depth": evaluate_depth.show,
    "Speed and cost": evaluate_speed.show,
    "Report": report.show,
}


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The chosen section; nothing before there are graded and ranked queries."""
    if not figures.summary.qids:
        return
    chosen = st.segmented_control(
        "Look closer", list(SECTIONS), default="Queries", required=True, key=state.SECTION, bind="query-params"
    )
    SECTIONS[chosen or "Queries"](space, view, figures)
