"""Label: an expert grades passages one after the other, by keyboard; nothing is ever lost."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, state
from pages.ui.invitations import invite
from pages.ui.judge import who_grades
from pages.ui.label import page, setup
from pages.ui.label.answer import Sent
from pages.ui.outbox.writer import of_session

space = frame.open_page("Label")
dataset = page.choose_dataset(space)
judge = who_grades(dataset)
ranks = page.show_rank()
setting_up = setup.switch()
plan = page.choose_plan(space, dataset)
if setting_up:
    setup.show(space, dataset, plan)
invite.judge_button(space, dataset, plan)
labelling = page.open_labelling(dataset, judge, plan)
page.desk(space, dataset, judge, plan, ranks)
sent, names = Sent(), page.compared_names(space, plan, setting_up)
writer = of_session(judge, state.LABEL)


@st.fragment
def grades() -> None:
    """Runs again where a grade comes without the side route; the page and the desk do not."""
    page.grades(space, dataset, judge, labelling, sent, names, writer)


grades()
