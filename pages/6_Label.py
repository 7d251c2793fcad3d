"""Label: an expert grades passages one after the other, by keyboard; nothing is ever lost."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame
from pages.ui.judge import who_grades
from pages.ui.label import page as label_page
from pages.ui.label import setup as label_setup
from pages.ui.label.answer import Sent

space = frame.open_page("Label")
dataset = label_page.choose_dataset(space)
judge = who_grades()
ranks = label_page.show_rank()
setting_up = label_setup.switch()
plan = label_page.choose_plan(space, dataset)
if setting_up:
    label_setup.show(space, dataset, plan)
labelling = label_page.open_labelling(dataset, judge, plan)
label_page.desk(space, dataset, judge, plan, ranks)
sent, names = Sent(), label_page.compared_names(space, plan, setting_up)


@st.fragment
def grades() -> None:
    """Runs again where a grade comes without the side route; the page and the desk do not."""
    label_page.grades(space, dataset, judge, labelling, sent, names)


grades()
