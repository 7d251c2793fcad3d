"""Present: one query before and after, for people who prefer pictures to figures."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, state
from pages.ui.evaluate.cache import figures
from pages.ui.present import stories
from pages.ui.present import vote as present_vote
from pages.ui.sidebar import choose_view
from pages.ui.view import MEASURES
from rerank_core.evaluation.names import parse_measure

space = frame.open_page("Present", sidebar="collapsed")
view = choose_view(space)
found = figures(view, [parse_measure(MEASURES[0])])
left, right = st.columns([3, 2], vertical_alignment="bottom")
with left:
    after = stories.choose_after(view, found)
mode = right.segmented_control(
    "Show", ["Stories", "Blind vote"], default="Stories", required=True, key=state.PRESENTED, bind="query-params"
)
if after is not None and mode == "Stories":
    stories.show_stories(space, view, found, after)
if after is not None and mode == "Blind vote":
    present_vote.show_vote(space, view, found, after.system)
