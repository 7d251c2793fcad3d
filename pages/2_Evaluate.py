"""Evaluate: all queries, every system against the baseline, and how sure one can be."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, frame, glossary, work
from pages.ui.evaluate import head, sections, slices
from pages.ui.evaluate.cache import figures
from pages.ui.sidebar import choose_view
from pages.ui.view import MEASURES

space = frame.open_page("Evaluate")
view = choose_view(space)
board = cache.scoreboard(view.experiment, MEASURES)
ranked = board.read_rankings()
first, then = st.container(), st.container()
left, middle, right = st.columns([4, 3, 1.4], vertical_alignment="bottom")
measures, price = head.choose_measures(left), head.choose_price(right)
with middle:
    only = slices.choose_slices(space, view)
own_left_out = head.choose_own_passages(view)
found = figures(view, measures, only, own_left_out)
with first:
    slices.show_selection(found)
    head.verdicts(view, found)
with then:
    work.rank_whole_set(space, view, ranked)
head.table(found, price)
head.unjudged(found.summary)
sections.show(space, view, found)
glossary.offer()
