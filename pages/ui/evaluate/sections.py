"""The sections of the page Evaluate: one is shown at a time, and the link keeps which."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.evaluate import depth, efficiency, heat, losses, passages, queries, report, scores, slices, why
from pages.ui.view import View
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace

SECTIONS = {
    "Queries": queries.show,
    "Heat map": heat.show,
    "Passages": passages.show,
    "Slices": slices.show,
    "Loss": losses.show,
    "Why this number": why.show,
    "Scores": scores.show,
    "Depth": depth.show,
    "Efficiency": efficiency.show,
    "Report": report.show,
}

_BEFORE = {"Whose fault": "Loss", "Pool depth": "Depth", "Speed and cost": "Efficiency"}
"""What sections were called in links that people may have kept."""


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The chosen section; nothing before there are graded and ranked queries."""
    if not figures.summary.qids:
        return
    named = st.query_params.get(state.SECTION)
    if named in _BEFORE and state.take(state.SECTION) is None:
        state.put(state.SECTION, _BEFORE[named])
    chosen = st.segmented_control(
        "Details", list(SECTIONS), default="Queries", required=True, key=state.SECTION, bind="query-params"
    )
    SECTIONS[chosen or "Queries"](space, view, figures)
