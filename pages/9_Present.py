"""Present: one query before and after, for people who prefer pictures to figures."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, frame, state
from pages.ui.evaluate.cache import figures
from pages.ui.present import names, results, stage, stories, voting
from pages.ui.sidebar import choose_view
from pages.ui.view import MEASURES
from rerank_core.evaluation.names import parse_measure

PARTS = ("Stories", "Blind vote", "Results")

space = frame.open_page("Present", sidebar="collapsed")
view = choose_view(space)
found = figures(view, [parse_measure(MEASURES[0])])
controls = stage.controls()
with controls:
    after = stories.choose_after(view, found)
    asked.check(state.PRESENTED, PARTS, "part of this page")
    mode = st.segmented_control(
        "Show",
        PARTS,
        default="Stories",
        required=True,
        key=state.PRESENTED,
        bind="query-params",
    )
    stage.full_screen()
    shown = names.of_both(space, view, after)
if after is not None and mode == "Stories":
    stories.show_stories(space, view, found, after, shown, controls)
if after is not None and mode == "Blind vote":
    voting.show_vote(space, view, found, after.system)
if after is not None and mode == "Results":
    results.show(space, *voting.box(view, found, after.system), shown)
