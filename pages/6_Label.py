"""Label: an expert grades passages one after the other, by keyboard; nothing is ever lost."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame
from pages.ui.judge import who_grades
from pages.ui.label import page, setup
from pages.ui.label.answer import Sent

space = frame.open_page("Label")
dataset = page.choose_dataset(space)
judge = who_grades()
ranks = page.show_rank()
setting_up = setup.switch()
plan = page.choose_plan(space, dataset)
if setting_up:
    setup.show(space, dataset, plan)
labelling = page.open_labelling(dataset, judge, plan)
page.desk(space, dataset, judge, plan, ranks)
sent, names = Sent(), page.compared_names(space, plan, setting_up)


@st.fragment
def grades() -> None:
    """Runs again where a grade comes without the side route; the page and the desk do not."""
    page.grades(space, dataset, judge, labelling, sent, names)


grades()
