"""Agreement: how far judges agree, what they disagree on, what changed since it was graded, and who said what when."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, glossary
from pages.ui.agreement import head, sections
from pages.ui.label.page import choose_dataset

space = frame.open_page("Agreement")
dataset = choose_dataset(space)
judge = head.settler()
st.title("Agreement")
st.caption("For the person who leads the grading: this page shows every judge's grades.")
report = head.choose_report(space, dataset)
plan = head.plan_of(space, dataset)
head.summary(space, dataset, report, plan)
sections.show(space, dataset, judge, report, plan)
glossary.offer()
