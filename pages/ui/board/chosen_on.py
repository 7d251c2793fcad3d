"""A note where this query chose or trained a system that is shown: its figures are then too good."""

from __future__ import annotations

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.experiment.chosen_on import chosen_on_queries, trained_systems
from rerank_core.types import Query


def note(view: View, query: Query) -> None:
    """One line per such system; nothing without one."""
    labels = {system.id: system.label for system in view.systems}
    seen = chosen_on_queries(view.experiment, [query])
    trained = trained_systems(view.experiment) if seen else frozenset()
    for system in seen:
        if system in trained:
            st.caption(
                f"{plain(labels[system])} was trained on this query among others, so its figures here are too good. "
                "The page Train has those of queries that it did not see."
            )
            continue
        st.caption(
            f"The settings of {plain(labels[system])} were chosen on this query among others, so its figures here are "
            "too good. The page Tune has those of queries that the search did not see."
        )
