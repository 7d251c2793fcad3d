"""Slices of the queries: a filter over the whole page, and where a system hurts."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.evaluate import cache
from pages.ui.evaluate.queries import choose_system
from pages.ui.markdown import plain
from pages.ui.tables import written_table
from pages.ui.view import View
from rerank_core.evaluation.numbers import count, signed
from rerank_core.evaluation.slices import query_slices, slice_deltas
from rerank_core.experiment.figures import Figures
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.views.slices import FEW, slices_chart, slices_frame


def choose_slices(space: Workspace, view: View) -> tuple[str, ...]:
    """The slices that the page's figures are to be over; () is all queries."""
    with space.open() as db:
        queries = datasets.get_queries(db, view.dataset.id)
    offered = list(query_slices(queries))
    if not offered:
        return ()
    asked.check(state.SLICES, offered, "group of queries")
    chosen = st.multiselect(
        "Only queries of",
        offered,
        key=state.SLICES,
        bind="query-params",
        placeholder="all queries",
        help="Tags and other slices. Two of one kind: queries of either. Two kinds: queries of both. Applies to every "
        "figure on this page.",
    )
    return tuple(chosen)


def show_selection(figures: Figures) -> None:
    """How many queries the page is over, where it is not all of them."""
    if figures.only:
        some, total = len(figures.whole.queries), len(figures.everything.queries)
        st.info(
            f"These figures are over **{count(some)} of {count(total)} queries**: {plain(', '.join(figures.only))}."
        )


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The mean delta of each slice of the queries, those where the system hurts first."""
    chosen = choose_system(figures)
    if chosen is None or chosen.comparison is None:
        return
    frame = slices_frame(slice_deltas(chosen.comparison.deltas, cache.slices(figures.whole)))
    if frame.empty:
        st.info("These queries have no tags and all have the same length and script, so there are no slices.")
        return
    st.altair_chart(slices_chart(frame, figures.summary.headline), width="stretch")
    st.caption(
        f"The slices where {plain(chosen.label)} hurts come first. Pale: fewer than {FEW} queries, may be chance. "
        "Of many slices, some look bad by chance alone. Length counts words between spaces; the script of a "
        "query's letters is only a guess at its language."
    )
    with st.expander("As a table"):
        st.dataframe(
            written_table(frame.drop(columns=["few"]), {"difference": signed}),
            hide_index=True,
            width="stretch",
        )
