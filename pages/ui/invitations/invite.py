"""Inviting somebody: a button, a dialog with what has to be said, and the new link."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import roles, state
from pages.ui.invitations import card, listing
from pages.ui.judge import LONGEST_NAME, spelling
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging import invitations
from rerank_core.judging.invitations import GradingTask, Made
from rerank_core.judging.plan import LabelPlan
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace

QUESTIONS = 20


def may_invite() -> bool:
    """Whether this person may invite others: with roles, engineers and administrators."""
    return roles.current() in ("engineer", "admin")


def judge_button(space: Workspace, dataset: DatasetRow, plan: LabelPlan) -> None:
    """*Invite a judge*, in the sidebar: to this list, as it is now."""
    if _is_open(st.sidebar, space, "Invite a judge", ":material/person_add:"):
        _invite_judge(space, dataset, plan)


def voters_button(space: Workspace, experiment: Experiment, questions: int) -> None:
    """*Invite voters*: to the vote between the experiment's two systems, over so many queries."""
    if _is_open(st.container(), space, "Invite voters", ":material/qr_code_2:"):
        _invite_voters(space, experiment, questions)


def reader_button(
    space: Workspace,
    experiment: Experiment,
    measures: tuple[str, ...],
    price: float | None,
    only: tuple[str, ...],
    own_left_out: bool,
) -> None:
    """*Invite a reader*: to the report of this comparison, which follows the grades."""
    if _is_open(st.container(), space, "Invite a reader", ":material/share:"):
        _invite_reader(space, experiment, measures, price, only, own_left_out)


def _is_open(where: DeltaGenerator, space: Workspace, label: str, icon: str) -> bool:
    """The button, and whether its dialog is open: a run of the page while it is, as when a job ends, leaves it open."""
    if not may_invite() or space.why_only_read():
        return False
    where.button(label, icon=icon, on_click=_open, args=(label,))
    return bool(state.take(state.INVITING) == label)


def _open(label: str) -> None:
    state.put(state.MADE, None)
    state.put(state.INVITING, label)


def _close() -> None:
    state.pop(state.INVITING)


@st.dialog("Invite a judge", on_dismiss=_close)
def _invite_judge(space: Workspace, dataset: DatasetRow, plan: LabelPlan) -> None:
    def make() -> Made:
        # as they wrote it before: who was here without a link goes on where they stopped
        name = spelling(str(state.take(state.NEW_GUEST) or ""))
        goal = int(state.take(state.NEW_GOAL) or 0)
        return invitations.invite_judge(space, dataset, name, GradingTask(plan, goal))

    st.markdown(
        f"The link opens the grading of **{plain(dataset.name)}** and nothing else, under the judge's name, with the "
        "list as it is now."
    )
    if _show_made():
        return
    with st.form("invite_judge", border=False):
        st.text_input("The judge's name", key=state.NEW_GUEST, max_chars=LONGEST_NAME, placeholder="Dr. Anna Vogel")
        st.number_input("Goal for a day, in grades (0: none)", 0, 1000, 40, 10, key=state.NEW_GOAL)
        _make_when_asked(make)
    listing.of_dataset(space, dataset.id, "judge")


@st.dialog("Invite voters", on_dismiss=_close, width="large")
def _invite_voters(space: Workspace, experiment: Experiment, questions: int) -> None:
    def make() -> Made:
        asked = int(state.take(state.NEW_QUESTIONS) or 0)
        task = invitations.comparison_of(experiment, questions=asked)
        return invitations.invite_voter(space, experiment.dataset, task)

    st.markdown(
        "The link opens the blind vote and nothing else, for as many people as you like. Show them the QR code."
    )
    if _show_made():
        return
    with st.form("invite_voters", border=False):
        st.number_input("Questions for each voter", 1, questions, min(QUESTIONS, questions), key=state.NEW_QUESTIONS)
        _make_when_asked(make)
    listing.of_dataset(space, experiment.dataset.id, "voter")


@st.dialog("Invite a reader", on_dismiss=_close)
def _invite_reader(
    space: Workspace,
    experiment: Experiment,
    measures: tuple[str, ...],
    price: float | None,
    only: tuple[str, ...],
    own_left_out: bool,
) -> None:
    def make() -> Made:
        task = invitations.comparison_of(
            experiment, measures=measures, price=price, only=only, own_left_out=own_left_out
        )
        return invitations.invite_reader(space, experiment.dataset, task)

    st.markdown("The link opens the report of this comparison and nothing else. The report follows the grades.")
    if _show_made():
        return
    with st.form("invite_reader", border=False):
        _make_when_asked(make)
    listing.of_dataset(space, experiment.dataset.id, "reader")


def _make_when_asked(make: Callable[[], Made]) -> None:
    if not st.form_submit_button("Make the link", type="primary"):
        return
    if not may_invite():
        st.error("You may not invite others.")
        return
    try:
        state.put(state.MADE, make())
    except RerankLensError as error:
        st.error(plain(str(error)))
        return
    st.rerun(scope="fragment")


def _show_made() -> bool:
    made = state.take(state.MADE)
    if not isinstance(made, Made):
        return False
    card.show(made, key=f"card_{made.row.id}")
    return True
