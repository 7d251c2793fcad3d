"""LLM grades: a language model as a judge, kept apart from people, and what its grades are worth."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.evaluate.cache import whole_set
from pages.ui.llm import ask
from pages.ui.llm import grades as llm_grades
from pages.ui.sidebar import choose_view

space = frame.open_page("LLM grades")
view = choose_view(space)
whole, stamp = whole_set(view.experiment)
st.title("LLM grades")
st.caption(
    "A language model grades passages with our own prompt, modelled on UMBRELA (arXiv 2406.06519): UMBRELA's published "
    "figures do not apply. Its grades are kept apart: no figure on another page counts them, and nobody who grades "
    "sees them."
)
if llm_grades.choose_part() == llm_grades.ASK:
    ask.show(space, view, whole)
else:
    llm_grades.show(space, view, whole, stamp)
glossary.offer()
