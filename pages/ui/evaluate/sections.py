"""The sections of the page Evaluate: one is shown at a time, and the link keeps which."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.evaluate import depth as evaluate_depth
from pages.ui.evaluate import efficiency as evaluate_speed
from pages.ui.evaluate import heat as evaluate_heat
from pages.ui.evaluate import losses as evaluate_fault
from pages.ui.evaluate import passages as evaluate_passages
from pages.ui.evaluate import queries as evaluate_queries
from pages.ui.evaluate import report
from pages.ui.evaluate import scores as evaluate_scores
from pages.ui.evaluate import slices as evaluate_slices
from pages.ui.evaluate import why as evaluate_why
from pages.ui.view import View
from rerank_core.experiment.figures import Figures
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
