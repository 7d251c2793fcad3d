"""Evaluate: all queries, every system against the baseline, and how sure one can be."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, frame, glossary, work
from pages.ui.evaluate import choices, sections, slices, verdict
from pages.ui.evaluate.cache import figures
from pages.ui.search.query_variant import offer_for_systems
from pages.ui.sidebar import choose_view
from pages.ui.view import MEASURES

space = frame.open_page("Evaluate")
view = choose_view(space)
offer_for_systems(space, view)
board = cache.scoreboard(view.experiment, MEASURES)
ranked = board.read_rankings()
first, then = st.container(), st.container()
chosen = choices.choose(space, view)
found = figures(view, chosen.measures, chosen.only, chosen.own_left_out)
with first:
    slices.show_selection(found)
    verdict.show(space, view, found)
with then:
    work.rank_whole_set(space, view, ranked)
sections.show(space, view, found)
glossary.offer()
