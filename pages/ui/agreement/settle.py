"""Disagreements, one at a time: the passage, what each judge said of it, and a key for the grade that is to count."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import failures, state
from pages.ui.agreement.card import grade_buttons, passage, step
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.judging.disputes import Case, adjudicate, take_back
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.views.agreement import opinions_frame


def show(space: Workspace, dataset: DatasetRow, judge: str, disputed: Sequence[Case], both: int) -> None:
    """The widest disagreement that is not settled, and the others by a click. `both`: pairs that two judges graded."""
    left, right = st.columns([3, 1], vertical_alignment="center")
    also = left.toggle("Show settled passages too", key=state.SETTLED_TOO)
    right.button(
        "Undo",
        key="take back",
        shortcut="u",
        disabled=not judge or not any(case.settled and case.settled.judge == judge for case in disputed),
        on_click=_take_back,
        args=(space, dataset, judge),
    )
    cases = [case for case in disputed if also or case.settled is None]
    if not cases:
        if disputed:
            st.success("All disagreements are settled.")
        elif both:
            st.success("No two judges disagree on a passage.")
        else:
            st.info("No passage has grades by two judges yet, so there is nothing to settle.")
        return
    case = cases[step("case", len(cases), "Disagreement")]
    with st.container(border=True):
        passage(case.query, case.doc, case.docid)
        opinions = [(opinion.judge, opinion.grade, opinion.note) for opinion in case.said]
        st.dataframe(harmless_table(opinions_frame(opinions, dataset.scale)), hide_index=True, width="stretch")
        if case.settled is not None:
            why = f": {plain(case.settled.note)}" if case.settled.note else "."
            st.markdown(f"Settled as **{case.settled.grade}** by {plain(case.settled.judge)}{why}")
        else:
            st.markdown(f"Now **{plain(str(case.label))}** counts.")
        if case.doc is not None:
            st.text_input("Reason (optional, kept with the grade)", key=state.REASON)
            grade_buttons(dataset, not judge, _settle, (space, dataset, judge, case))


@failures.told
def _settle(space: Workspace, dataset: DatasetRow, judge: str, case: Case, grade: int) -> None:
    reason = str(state.take(state.REASON) or "").strip()
    adjudicate(space, dataset, judge, case.query.qid, case.docid, grade, reason)
    state.put(state.REASON, "")


@failures.told
def _take_back(space: Workspace, dataset: DatasetRow, judge: str) -> None:
    take_back(space, dataset, judge)
