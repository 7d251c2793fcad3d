"""Train: a system made from the grades, and what it reaches on queries that it did not see."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame
from pages.ui.sidebar import choose_view
from pages.ui.train import answer, ask, meaning, save

space = frame.open_page("Train")
view = choose_view(space)
st.title("Train")
st.markdown(
    "Learns from your grades: how much each system, shared words and numbers, and length count; or a model of your "
    "own. Every figure is of queries that the training did not see."
)
request = ask.choose(space, view)
found = ask.train(space, request)
if found is not None:
    answer.show_sentence(found)
    ask.offer_again(space, view, request, found)
    answer.show_figures(found)
    ask.offer_extras(space, request, found)
    save.offer(space, view, found)
meaning.show(space, view)
