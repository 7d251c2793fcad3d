"""The sections of the page Evaluate: one is shown at a time, and the link keeps which."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.evaluate import (
    decide,
    depth,
    efficiency,
    heat,
    losses,
    matrix,
    passages,
    queries,
    report,
    scores,
    slices,
    switching,
    table,
    when,
    why,
)
from pages.ui.evaluate.verdict import DECIDE
from pages.ui.view import View
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace

FIRST = "Systems"
SECTIONS = {
    FIRST: table.show,
    DECIDE: decide.show,
    "Matrix": matrix.show,
    "Queries": queries.show,
    "Heat map": heat.show,
    "Passages": passages.show,
    "Slices": slices.show,
    "Loss": losses.show,
    "Why this number": why.show,
    "Scores": scores.show,
    "Depth": depth.show,
    "Efficiency": efficiency.show,
    "When to rerank": when.show,
    "Switch": switching.show,
    "Report": report.show,
}

_BEFORE = {"Loss": ("Whose fault",), "Depth": ("Pool depth",), "Efficiency": ("Speed and cost",)}
"""What sections were called in links that people may have kept."""


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The chosen section; before there are graded and ranked queries, the table alone."""
    if not figures.summary.qids:
        table.show(space, view, figures)
        return
    asked.check(state.SECTION, SECTIONS, "section", lambda name: (name, *_BEFORE.get(name, ())))
    chosen = st.segmented_control(
        "Details",
        list(SECTIONS),
        default=FIRST,
        required=True,
        key=state.SECTION,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
    )
    SECTIONS[chosen or FIRST](space, view, figures)
