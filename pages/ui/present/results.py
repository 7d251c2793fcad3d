"""How a blind vote stands, for the presenter's screen: who votes by their link, and the result behind a switch."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.invitations import invite
from pages.ui.markdown import plain
from rerank_core.errors import WorkspaceError
from rerank_core.evaluation.preference import Preference
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.blind_vote import BallotBox
from rerank_core.store.workspace import Workspace
from rerank_core.views.story import result_html

LIVE = 2.0


def show(space: Workspace, experiment: Experiment, box: BallotBox, names: dict[str, str]) -> None:
    """The invitation, the counts as they grow, and the result once somebody asks for it. `names`: by system id."""
    invite.voters_button(space, experiment, len(box))

    @st.fragment(run_every=LIVE)
    def live() -> None:
        try:
            tally, voters = box.tally(), box.voters()
        except WorkspaceError as error:
            st.error(plain(str(error)))
            return
        people = "1 person has" if voters == 1 else f"{voters:,} people have"
        votes = "1 vote" if tally.votes == 1 else f"{tally.votes:,} votes"
        st.html(result_html(votes, f"{people} voted, on {tally.queries} of {len(box)} queries."))
        if st.toggle("Show the result", key=state.TALLY, help="Reveals which list is which.") and tally.votes:
            one, other = names[box.one.id], names[box.other.id]
            st.html(result_html(*result(tally, one, other)))
            st.caption(
                "Each query counts once, for the system that most of its voters prefer. Likely: Wilson's 95 % interval."
            )

    live()


def result(tally: Preference, one: str, other: str) -> tuple[str, str]:
    """A headline and a sentence; `one` and `other` are names of any kind, so they stand in quotes."""
    wins = sorted([(tally.one, one), (tally.other, other)], reverse=True)
    head = ", ".join(f"“{name}” wins {_queries(count)}" for count, name in wins)
    if tally.same:
        head += f", {_queries(tally.same)} even"
    if tally.share is None or tally.low is None or tally.high is None:
        return head, "No query was won yet."
    winner, share, low, high = one, tally.share, tally.low, tally.high
    if tally.other > tally.one:
        winner, share, low, high = other, 1 - share, 1 - high, 1 - low
    says = "more than chance explains" if tally.is_sure else "that may be chance"
    return head, (
        f"“{winner}” wins {_percent(share)} of the queries that one of them wins; from these votes, anything from "
        f"{_percent(low)} to {_percent(high)} is likely: {says}."
    )


def _queries(count: int) -> str:
    return "1 query" if count == 1 else f"{count:,} queries"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
