"""Queries by how often they are asked; one that is chosen opens on Compare with the lists that were logged for it."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, doors, state
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from rerank_core.errors import RerankLensError
from rerank_core.evaluation.numbers import count, share
from rerank_core.monitoring.eval_set import add_from_traffic
from rerank_core.monitoring.queries import QueryGroup
from rerank_core.store import query_states
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.views.traffic import queries_frame

MOST = 1_000


def show(space: Workspace, dataset: DatasetRow | None) -> None:
    """The table; a click on a row leads to Compare."""
    groups = cache.query_groups(space)
    total = sum(group.count for group in groups)
    st.caption(
        f"{count(total)} requests, {count(len(groups))} queries; those that are nearly the same are one row. "
        + ("Choose a row: its logged lists stand side by side on Compare." if dataset else "")
    )
    chosen = st.dataframe(
        written_table(queries_frame(groups[:MOST], total), {"Asked": count, "Share": share}),
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key=state.TRAFFIC_QUERY,
    )
    if len(groups) > MOST:
        st.caption(f"The {MOST:,} that are asked most.")
    rows = chosen["selection"]["rows"]
    if not rows:
        return
    if dataset is None:
        st.info("To compare lists, import the passages on the page **Data** first.")
        return
    _open(space, dataset, groups[rows[0]])


def _open(space: Workspace, dataset: DatasetRow, group: QueryGroup) -> None:
    """The query counts nowhere before somebody keeps it: it is tried, as a typed one is."""
    try:
        added = add_from_traffic(space, dataset.name, [group], look_only=True)
    except RerankLensError as error:
        st.error(plain(str(error)))
        return
    if not added.systems:
        st.info("No list was logged for this query.")
        return
    if added.unknown == added.places:
        st.warning(
            f"None of the {added.places:,} places that were logged for this query is a passage of "
            f"**{plain(dataset.name)}**. Choose the dataset that has them in the sidebar."
        )
        return
    qid = next(iter(added.qids.values()))
    # a query that is only tried is known by its text, see `query_picker`
    text = group.text if qid == query_states.typed_id(group.text) else qid
    doors.go("Compare", {state.DATASET: dataset.name, state.QUERY: text, state.SYSTEMS: list(added.systems)})
