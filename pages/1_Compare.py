"""Compare: one query, several rerankers side by side over the same candidates, graded on the spot."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, frame, glossary, rough_times, state, work
from pages.ui.board import charts, chosen_on, cross_encoder, filter_chips, grades, own_passage
from pages.ui.board.board import board
from pages.ui.board.data import board_data
from pages.ui.inspect.link import inspect_pair
from pages.ui.queries.picker import choose_query
from pages.ui.search.query_variant import show_written
from pages.ui.sidebar import choose_view
from pages.ui.view import MEASURES
from rerank_core.experiment.one_query import Comparison, first_look

space = frame.open_page("Compare")
cross_encoder.take_in(space)
view = choose_view(space)
query = choose_query(space, view)
show_written(space, view, query)


def load() -> Comparison:
    """What the workspace holds of this query by now."""
    return first_look(view.experiment, query)


def what_is_there(now: Comparison) -> tuple[bool, list[str]]:
    """Changes with each column that comes, and when words alone are no longer all there is."""
    return now.words_only, sorted(now.answers)


comparison = load()
under_way = work.make_comparison(space, view, comparison, changed=lambda: what_is_there(load()))
figures = cache.scoreboard(view.experiment, MEASURES)
ranked = figures.read_rankings()
if comparison.words_only:
    st.info("**Words only for now; meaning follows.** No figure counts what you see now.")
work.offer_second_try(space, view, comparison)
cross_encoder.offer(space)
filter_chips.show(view)
asked = board(board_data(view, comparison), key=state.BOARD)
if asked is not None:
    inspect_pair(*asked)
own_passage.note(view, comparison)
chosen_on.note(view, query)
rough_times.offer_for_query(space, view.ready, comparison)


@st.fragment
def grades_and_figures() -> None:
    """Runs again at each grade; the page and the board do not."""
    grades.sync_grades(space, view, query.qid, figures)


grades_and_figures()
work.rank_whole_set(space, view, ranked, other_bar=under_way)
charts.movement(view, comparison, figures)
glossary.offer()
