"""The blind vote on the page Present, for somebody at this screen; guests vote by a link, on their own."""

from __future__ import annotations

import streamlit as st

from pages.ui import roles
from pages.ui.judge import ask
from pages.ui.present import vote
from pages.ui.view import View
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures
from rerank_core.judging.blind_vote import BallotBox
from rerank_core.store.workspace import Workspace


def box(view: View, figures: Figures, after: str) -> tuple[Experiment, BallotBox]:
    """The vote between the baseline and a system, and the experiment of these two."""
    both = [system for system in view.systems if system.id in (view.baseline, after)]
    both.sort(key=lambda system: system.id != view.baseline)
    experiment = view.experiment.with_systems(both)
    return experiment, BallotBox(experiment, (both[0], both[1]), figures.whole, vote.SHOWN)


def show_vote(space: Workspace, view: View, figures: Figures, after: str) -> None:
    """The next query of whoever votes here; first of all, their name."""
    _, ballots = box(view, figures, after)
    if not len(ballots):
        st.info("The two systems show the same first passages for every query: there is nothing to vote on.")
        return
    if not view.judge:
        st.subheader("Who votes?", anchor=False)
        ask(view.dataset)
        return
    vote.ask(space, view.dataset.id, figures.whole, ballots, view.judge, 0, _may_vote)


def _may_vote() -> None:
    if roles.current() not in ("engineer", "admin"):
        raise PermissionError("This login has no role that may vote here.")
