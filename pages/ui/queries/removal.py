"""Removing queries: a list to choose from, what becomes of their grades, and a second step."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.ui import state
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table
from rerank_core.errors import WorkspaceError
from rerank_core.store import datasets, judgments, query_states
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.query_states import TYPED
from rerank_core.store.workspace import Workspace
from rerank_core.text import same_text

ALL, UNGRADED, TYPED_ONES = "All", "Without a grade", "Typed on a page"


def offer(space: Workspace, dataset: DatasetRow, place: DeltaGenerator) -> None:
    """A button that opens the list; nothing where there is nothing to remove, or nothing may be written."""
    if not dataset.n_queries or space.why_only_read():
        return
    if place.button("Remove …", key="remove-queries", help="Remove queries"):
        _remove(space, dataset)


@st.dialog("Remove queries", width="large")
def _remove(space: Workspace, dataset: DatasetRow) -> None:
    with space.open() as db:
        queries = datasets.get_queries(db, dataset.id)
        grades = judgments.qrels(db, dataset.id)
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    words = same_text(left.text_input("Search", key=state.REMOVAL_WORDS, placeholder="Words of the query, or its id"))
    which = right.segmented_control("Show", (ALL, UNGRADED, TYPED_ONES), default=ALL, key=state.REMOVAL_WHICH)
    shown = [
        query
        for query in queries
        if (words in same_text(query.text) or words in same_text(query.qid))
        and (which != UNGRADED or not grades.get(query.qid))
        and (which != TYPED_ONES or query.qid.startswith(TYPED))
    ]
    rows = {
        "Query": [query.text for query in shown],
        "Id": [query.qid for query in shown],
        "Graded passages": [len(grades.get(query.qid, ())) for query in shown],
    }
    # the selection is by place: another list begins without one
    key = f"removal {which} {words} {len(queries)}"
    table = st.dataframe(
        harmless_table(rows), hide_index=True, width="stretch", height=320, key=key, on_select="rerun",
        selection_mode="multi-row", column_config={"Query": st.column_config.TextColumn(width="large")},
    )  # fmt: skip
    chosen = [shown[place].qid for place in table.selection.rows if place < len(shown)]
    st.caption(f"{len(shown):,} of {len(queries):,} queries. The box in the table's head chooses all that are shown.")
    confirm(space, dataset, chosen)


def confirm(space: Workspace, dataset: DatasetRow, chosen: list[str]) -> None:
    """What would go with the chosen queries, and the two steps that remove them."""
    with space.open() as db:
        removal = query_states.weigh_removal(db, dataset.id, chosen)
    if not removal.queries:
        return
    grades = f" {removal.grades_sentence()}" if removal.graded else " Nobody graded them."
    sure = st.checkbox(f"Remove {removal.sentence()}.{grades}", key=f"{state.REMOVAL_SURE} {' '.join(chosen)}")
    if st.button(f"Remove {removal.sentence()}", type="primary", disabled=not sure):
        try:
            with space.write() as db:
                query_states.remove_queries(db, dataset.id, chosen)
        except WorkspaceError as error:
            st.error(plain(str(error)))
            return
        st.rerun()
