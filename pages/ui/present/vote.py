"""A blind vote as its voter sees it: two lists without names, three large buttons, undo; nobody's votes."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from pages.ui import state
from pages.ui.markdown import plain
from rerank_core.errors import RerankLensError
from rerank_core.experiment.one_query import NOT_HERE
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.judging.blind_vote import Ballot, BallotBox
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, text_hash
from rerank_core.views.story import ballot_html

SHOWN = 5
SCROLL_UP = "document.querySelector('[data-testid=stMain]')?.scrollTo(0, 0)"
ANSWERS = {"left": ("A is better", "1"), "same": ("No difference", "2"), "right": ("B is better", "3")}
# three in a row also on a phone, in reach of a thumb; Streamlit would put one below the other
STYLE = """
div:has(> .st-key-vote_buttons) {position: sticky; bottom: 0; z-index: 5; padding: 0.5rem 0;
  background: var(--st-background-color, light-dark(#fff, #0e1117));}
.st-key-vote_buttons {flex-wrap: nowrap !important; gap: 0.5rem !important;}
.st-key-vote_buttons > div {flex: 1 1 0; min-width: 0 !important; width: auto !important;}
.st-key-vote_buttons button {min-height: 3.6rem; width: 100%; padding: 0.4rem;}
.st-key-vote_buttons button * {white-space: normal; overflow: visible; text-overflow: clip;}
.st-key-vote_buttons button p {font-size: clamp(1rem, 1.6vw, 1.8rem); font-weight: 600; line-height: 1.15;}
@media (hover: none) {.st-key-vote_buttons kbd, .st-key-vote_buttons [data-testid*="hortcut"] {display: none;}}
"""


def ask(
    space: Workspace,
    dataset_id: int,
    whole: WholeSet,
    box: BallotBox,
    voter: str,
    most: int,
    check: Callable[[], None],
) -> None:
    """The next query of this voter, or thanks. `most`: the questions that one voter is asked, 0 for all.

    `check` raises PermissionError where they may not vote any more; then nothing is kept.
    """
    total = min(most, len(box)) if most else len(box)
    done = box.voted(voter)
    ballot = box.next(voter) if done < total else None
    st.html(f"<style>{STYLE}</style>")
    where = f"Vote {min(done + 1, total)} of {total}" if ballot is not None else f"{done} of {total} votes"
    st.progress(min(done / total, 1.0), text=where)
    if ballot is None:
        st.success(f"Thank you, {plain(voter)}: you have voted on all {total} queries.")
    else:
        _question(space, dataset_id, whole, ballot)
        with st.container(horizontal=True, key="vote_buttons"):
            for side, (label, key) in ANSWERS.items():
                # the key names the query: a second tap on the same place is for a button that is gone
                st.button(
                    label,
                    key=f"vote {ballot.qid} {side}",
                    shortcut=key,
                    width="stretch",
                    on_click=_cast,
                    args=(box, ballot, side, voter, check),
                )
    _undo(box, voter, done, check)


def _question(space: Workspace, dataset_id: int, whole: WholeSet, ballot: Ballot) -> None:
    with space.open() as db:
        docs = datasets.get_docs(db, dataset_id, [*ballot.left, *ballot.right])
    lists = ([docs.get(docid) or Doc(docid, NOT_HERE) for docid in side] for side in (ballot.left, ballot.right))
    st.html(ballot_html(whole.queries[ballot.qid].text, *lists))
    # a phone stands at the end of the lists when somebody votes: the next question begins at its top
    number = int(text_hash(ballot.qid)[:8], 16)
    st.html(f"<script>{SCROLL_UP} /* {number} */</script>", unsafe_allow_javascript=True)


def _undo(box: BallotBox, voter: str, done: int, check: Callable[[], None]) -> None:
    said = state.take(state.COUNTED) or ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Undo", shortcut="u", disabled=not done, on_click=_take_back, args=(box, voter, check))
        if said:
            st.html(f'<p role="status" style="margin:0">{escape(said)}</p>')


def _cast(box: BallotBox, ballot: Ballot, side: str, voter: str, check: Callable[[], None]) -> None:
    try:
        check()
        box.cast(ballot, side, voter)
    except (PermissionError, RerankLensError) as error:
        state.put(state.COUNTED, f"Not counted. {error}")
    else:
        state.put(state.COUNTED, f"✓ Counted: vote {box.voted(voter)}.")


def _take_back(box: BallotBox, voter: str, check: Callable[[], None]) -> None:
    try:
        check()
        qid = box.take_back(voter)
    except (PermissionError, RerankLensError) as error:
        state.put(state.COUNTED, f"Not taken back. {error}")
    else:
        state.put(state.COUNTED, "Taken back: the question comes again." if qid else "There is nothing to take back.")
