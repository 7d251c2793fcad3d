"""The pictures under the board."""

from __future__ import annotations

import streamlit as st

from pages.ui.view import View
from rerank_core.comparison import Comparison
from rerank_core.scoreboard import Scoreboard
from rerank_core.views.movement import movement_chart, movement_frame

TOP = 10


def movement(view: View, comparison: Comparison, figures: Scoreboard) -> None:
    """How passages move from system to system: the top ten, coloured by grade. Nothing with fewer than two systems."""
    labels = {system.id: system.label for system in view.systems}
    rankings = {labels[system]: ranking for system, ranking in comparison.rankings.items()}
    if len(rankings) < 2:
        return
    st.subheader("How passages move")
    st.caption(
        f"The top {TOP} of each system; coloured by grade as of when the page was drawn. Hover to follow one passage."
    )
    titles = {docid: doc.title or doc.text[:60] for docid, doc in comparison.docs.items()}
    frame = movement_frame(rankings, figures.standing(comparison.query.qid).labels, titles, TOP)
    st.altair_chart(movement_chart(frame, sorted(view.dataset.scale), TOP), width="stretch")
