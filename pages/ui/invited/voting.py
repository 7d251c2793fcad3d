"""A voter's invitation: one question after the other, two lists, three large buttons, and nobody's votes."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.evaluate.cache import whole_set
from pages.ui.invited import door
from pages.ui.judge import COOKIE, LONGEST_NAME, keep_in_browser, kept_in_browser, spelling
from pages.ui.markdown import plain
from pages.ui.present import vote
from rerank_core.judging.blind_vote import BallotBox
from rerank_core.judging.invitations import ComparisonTask
from rerank_core.store.invitations import InvitationRow
from rerank_core.store.workspace import Workspace


def show(space: Workspace, row: InvitationRow, task: ComparisonTask) -> None:
    """The next question of this voter; first of all, their name."""
    experiment = task.experiment(space, row.dataset)
    whole, _ = whole_set(experiment)
    first, second = experiment.systems
    box = BallotBox(experiment, (first, second), whole, vote.SHOWN)
    check = door.still_open(space, row)
    if not len(box):
        st.info("There is nothing to vote on: both lists are the same for every query.")
        return
    voter = door.login() or _voter(box)
    vote.ask(space, experiment.dataset.id, whole, box, voter, task.questions, check)
    if door.login() is None:
        keep_in_browser(COOKIE, voter)
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.caption(f"You vote as {plain(voter)}.")
        right.button("Change the name", type="tertiary", on_click=state.put, args=(state.VOTER, ""))
    door.close_when_withdrawn(check)


def _voter(box: BallotBox) -> str:
    """The voter's name: said in this session, else what this browser kept; stops the page while nobody said one."""
    if state.take(state.VOTER) is None and (kept := kept_in_browser(COOKIE)):
        state.put(state.VOTER, spelling(kept))
    if name := str(state.take(state.VOTER) or ""):
        return name
    st.subheader("Which list is better?", anchor=False)
    st.markdown("You see a question and two lists of answers. Choose the better list. Nobody is told which is which.")
    typed = spelling(str(state.take(state.NEW_VOTER) or ""))
    with st.form("voter_name", border=False, width=420):
        st.text_input("Your name, or a nickname", key=state.NEW_VOTER, max_chars=LONGEST_NAME, placeholder="Kim")
        st.form_submit_button("Start", type="primary", width="stretch", on_click=_named, args=(box,))
    if typed and (done := box.voted(typed)):
        st.warning(
            f"{plain(typed)} has voted here already ({done:,}). If that is you, go on; if not, take another name."
        )
        st.button(f"Go on as {plain(typed)}", width="stretch", on_click=state.put, args=(state.VOTER, typed))
    st.caption("Whoever has the same name counts as one voter.")
    st.stop()


def _named(box: BallotBox) -> None:
    name = spelling(str(state.take(state.NEW_VOTER) or ""))
    if name and not box.voted(name):
        state.put(state.VOTER, name)
