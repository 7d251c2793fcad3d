"""Data: bring in passages, queries and grades, change the passages, and read what the import found."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.datasets import changing, importing, report

space = frame.open_page("Data")
st.title("Data")
new, more, change, have = st.tabs(["Import a dataset", "Add queries or grades", "Change passages", "What is here"])
with new:
    importing.new_dataset(space)
with more:
    importing.additions(space)
with change:
    changing.passages(space)
with have:
    report.reports(space)
glossary.offer()
