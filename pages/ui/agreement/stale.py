"""Grades of passages that changed since, one at a time: confirm the grade with a key, or give another."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import failures
from pages.ui.agreement.card import grade_buttons, passage, step
from pages.ui.markdown import plain
from rerank_core.judging.stale import StaleLabel, grade_again
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace


def show(space: Workspace, dataset: DatasetRow, judge: str, stale: Sequence[StaleLabel]) -> None:
    """The oldest of them, and the others by a click."""
    if not stale:
        st.success("Every grade belongs to the current text of its passage.")
        return
    one = stale[step("stale", len(stale), "Changed passage")]
    with st.container(border=True):
        passage(one.query, one.doc, one.label.docid)
        label, name = one.label, plain(dataset.scale.get(one.label.grade, ""))
        st.markdown(
            f"Graded **{label.grade} {name}** by {plain(label.judge)} on {label.at[:10]}, when its text was different. "
            "Is the grade still right? The earlier text is not kept."
        )
        if label.note:
            st.caption(f"Note: {plain(label.note)}")
        st.button(
            f"Still {label.grade} {name}",
            key="confirm",
            type="primary",
            shortcut="Enter",
            disabled=not judge or label.grade not in dataset.scale,
            on_click=_grade_again,
            args=(space, dataset, judge, one, label.grade),
        )
        grade_buttons(dataset, not judge, _grade_again, (space, dataset, judge, one))


@failures.told
def _grade_again(space: Workspace, dataset: DatasetRow, judge: str, stale: StaleLabel, grade: int) -> None:
    grade_again(space, dataset, judge, stale, grade)
