"""The measure, and the smallest difference that matters."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import asked
from pages.ui.view import View
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.store import margins
from rerank_core.store.workspace import Workspace

MEASURES = ("nDCG@10", "RR@10", "P@5", "R@10", "Success@10")


def measure(place: Any, key: str) -> str:
    """The field in `place`, a column."""
    asked.check(key, MEASURES, "measure")
    return str(place.selectbox("Measure", MEASURES, key=key, bind="query-params"))


def margin(place: Any, key: str, space: Workspace, view: View) -> float:
    """The same; at first what was said of this dataset elsewhere."""
    with space.open() as db:
        usual = margins.get_margin(db, view.dataset.id) or DEFAULT_MARGIN
    asked.check_number(key, 0, 0.5, usual, "smallest difference")
    return float(
        place.number_input(
            "Smallest difference that matters",
            0.0,
            0.5,
            usual,
            0.005,
            format="%.3f",
            key=key,
            bind="query-params",
            help="A gain that is surely smaller is not worth it.",
        )
    )


def stop_with_too_few(graded: int, least: int, there: str) -> None:
    """Stop the page where too few queries are graded to hold any out; `there`: what is, in words."""
    if graded < least:
        more = f"{least - graded:,} more {'query' if least - graded == 1 else 'queries'}"
        st.info(
            f"Nothing can be held out yet: {there}, and at least {least} queries are needed. Grade passages of {more} "
            "on **Label**."
        )
        st.stop()
