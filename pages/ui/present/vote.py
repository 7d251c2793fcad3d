"""The blind vote of the page Present: two lists without names, a key for each answer, the tally behind a switch."""

from __future__ import annotations

import streamlit as st

from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.experiment.figures import Figures
from rerank_core.experiment.one_query import NOT_HERE
from rerank_core.judging.blind_vote import Ballot, BallotBox
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc
from rerank_core.views.story import ballot_html

SHOWN = 5
ANSWERS = {"left": ("Left is better", "1"), "same": ("No difference", "2"), "right": ("Right is better", "3")}


def show_vote(space: Workspace, view: View, figures: Figures, after: str) -> None:
    """The next query of this voter, or thanks; below, the votes of all."""
    chosen = {system.id: system for system in view.systems}
    box = BallotBox(view.experiment, (chosen[view.baseline], chosen[after]), figures.whole, SHOWN)
    if not len(box):
        st.info("The two systems show the same first passages for every query: there is nothing to vote on.")
        return
    ballot = box.next(view.judge)
    if ballot is None:
        st.success(f"Thank you, {plain(view.judge)}: you have voted on all {len(box)} queries.")
    else:
        _question(space, view, figures, box, ballot)
    with st.expander("Show the votes (this reveals which system is which)"):
        _tally(box)


def _question(space: Workspace, view: View, figures: Figures, box: BallotBox, ballot: Ballot) -> None:
    with space.open() as db:
        docs = datasets.get_docs(db, view.dataset.id, [*ballot.left, *ballot.right])
    lists = ([docs.get(docid) or Doc(docid, NOT_HERE) for docid in side] for side in (ballot.left, ballot.right))
    st.html(ballot_html(figures.whole.queries[ballot.qid].text, *lists))
    for column, (side, (label, key)) in zip(st.columns(3), ANSWERS.items(), strict=True):
        column.button(
            label,
            key=f"vote {side}",
            shortcut=key,
            width="stretch",
            on_click=box.cast,
            args=(ballot, side, view.judge),
        )
    st.caption(f"You vote as {plain(view.judge)}. Your name can be changed in the sidebar.")


def _tally(box: BallotBox) -> None:
    tally = box.tally()
    if not tally.votes:
        st.markdown("No votes yet.")
        return
    st.markdown(
        f"{tally.votes} votes on {tally.queries} of {len(box)} queries: **{plain(box.one.label)}** is preferred on "
        f"{tally.one}, **{plain(box.other.label)}** on {tally.other}, no difference on {tally.same}."
    )
    if tally.share is None or tally.low is None or tally.high is None:
        return
    says = "more than chance explains" if tally.is_sure else "that may be chance"
    st.markdown(
        f"{plain(box.one.label)} wins {tally.share:.0%} of the queries that one of them wins; from these votes, "
        f"anything from {tally.low:.0%} to {tally.high:.0%} is likely: {says}."
    )
    st.caption("Each query counts once, for the system that most of its voters prefer. Likely: Wilson's 95 % interval.")
