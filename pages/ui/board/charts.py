"""The pictures under the board."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.ui.view import View
from rerank_core.experiment.one_query import Comparison
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.types import Ranking
from rerank_core.views.movement import movement_frame, movement_spec

TOP, MOST = 10, 8


def movement(view: View, comparison: Comparison, figures: Scoreboard) -> None:
    """How passages move from system to system: the top ten, coloured by grade. Nothing with fewer than two systems."""
    labels = {system.id: system.label for system in view.systems}
    rankings = {labels[system]: ranking for system, ranking in comparison.rankings.items()}
    titles = {docid: doc.name() for docid, doc in comparison.docs.items()}
    bump(rankings, figures.standing(comparison.query.qid).labels, titles, view)


def bump(rankings: Mapping[str, Ranking], grades: Mapping[str, int], titles: Mapping[str, str], view: View) -> None:
    """The bump chart of some rankings, label -> ranking; nothing for fewer than two, the first eight of more."""
    if len(rankings) < 2:
        return
    st.subheader("How passages move")
    shown = dict(list(rankings.items())[:MOST])
    more = f" The first {MOST} of {len(rankings)} systems." if len(rankings) > MOST else ""
    st.caption(
        f"The top {TOP} of each system; coloured by their grades when the page was loaded. Hover to follow one passage."
        + more
    )
    frame = movement_frame(shown, grades, titles, TOP)
    st.vega_lite_chart(frame, movement_spec(len(shown), sorted(view.dataset.scale), TOP), width="stretch")
