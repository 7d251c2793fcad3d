"""Data: bring in passages, queries and grades, change the passages, and read what the import found."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.datasets import changing as data_change
from pages.ui.datasets import importing as data_import
from pages.ui.datasets import report as data_report

space = frame.open_page("Data")
st.title("Data")
new, more, change, have = st.tabs(["Import a dataset", "Add queries or grades", "Change passages", "What is here"])
with new:
    data_import.new_dataset(space)
with more:
    data_import.additions(space)
with change:
    data_change.passages(space)
with have:
    data_report.reports(space)
glossary.offer()
