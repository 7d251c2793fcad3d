"""Evaluate: all queries, every system against the baseline, and how sure one can be."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, evaluate, evaluate_sections, frame, work
from pages.ui.evaluate_cache import figures
from pages.ui.view import MEASURES, choose_view

space = frame.open_page("Evaluate")
view = choose_view(space)
board = cache.scoreboard(view.dataset, view.settings, view.systems, MEASURES, view.baseline, view.level)
ranked = board.read_rankings()
first, then = st.container(), st.container()
left, right = st.columns([4, 1], vertical_alignment="bottom")
measures, price = evaluate.choose_measures(left), evaluate.choose_price(right)
found = figures(space, view, measures)
with first:
    evaluate.verdicts(view, found)
with then:
    work.rank_whole_set(space, view, ranked)
evaluate.table(found, price)
evaluate.unjudged(found.summary)
evaluate_sections.show(space, view, found)
