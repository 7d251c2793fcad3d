"""Compare: one query, several rerankers side by side over the same candidates, graded on the spot."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, frame, glossary, state, work
from pages.ui.board import charts, grades, own_passage
from pages.ui.board.board import board
from pages.ui.board.data import board_data
from pages.ui.query_picker import choose_query
from pages.ui.sidebar import choose_view
from pages.ui.view import MEASURES
from rerank_core.experiment.one_query import Comparison, load_comparison

space = frame.open_page("Compare")
view = choose_view(space)
query = choose_query(space, view)


def load() -> Comparison:
    """What the workspace holds of this query by now."""
    return load_comparison(view.experiment, query)


comparison = load()
work.make_comparison(space, view, comparison, changed=lambda: sorted(load().answers))
figures = cache.scoreboard(view.experiment, MEASURES)
ranked = figures.read_rankings()
work.offer_second_try(space, view, comparison)
board(board_data(view, comparison), key=state.BOARD)
own_passage.note(view, comparison)


@st.fragment
def grades_and_figures() -> None:
    """Runs again at each grade; the page and the board do not."""
    grades.sync_grades(space, view, query.qid, figures)


grades_and_figures()
work.rank_whole_set(space, view, ranked)
charts.movement(view, comparison, figures)
glossary.offer()
