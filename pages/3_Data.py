"""Data: bring in passages, queries and grades, change the passages, and read what the import found."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.datasets import adding, changing, connect, importing, report

space = frame.open_page("Data")
st.title("Data")
new, engine, more, change, have = st.tabs(
    ["Import a dataset", "Connect a search engine", "Add queries or grades", "Change passages", "Datasets"]
)
with new:
    importing.new_dataset(space)
with engine:
    connect.search_engines(space)
with more:
    adding.additions(space)
with change:
    changing.passages(space)
with have:
    report.reports(space)
glossary.offer()
