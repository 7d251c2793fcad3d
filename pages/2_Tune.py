"""Tune: the best settings, and whether they hold on queries that the search did not see."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame
from pages.ui.sidebar import choose_view
from pages.ui.tune import answer, ask, decide, save

space = frame.open_page("Tune")
view = choose_view(space)
st.title("Tune")
st.markdown(
    "Tries retrievers, fusions, depths and rerankers on one half of your graded queries, and measures what it chose on "
    "the other half, many times over."
)
request = ask.choose(space, view)
found = ask.search(space, view, request)
if found is not None:
    answer.show_sentence(found)
    ask.offer_again(space, view, request, found)
    decide.offer(space, view, request, found)
    answer.show_figures(found)
    save.offer(space, view, found)
