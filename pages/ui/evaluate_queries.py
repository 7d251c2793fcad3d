"""One system against the baseline, query by query: sorted bars, biggest wins and losses, slices."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.evaluate_cache import Figures
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.moves import Move, biggest_move
from rerank_core.evaluation.query_slices import query_slices
from rerank_core.evaluation.slices import slice_deltas
from rerank_core.evaluation.verdict import signed
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.summary import SystemSummary
from rerank_core.types import Query
from rerank_core.views.deltas import biggest, deltas_chart, deltas_frame, moved
from rerank_core.views.slices import FEW, slices_chart, slices_frame

LONGEST = 64  # characters of a query in a link


def show(space: Workspace, view: View, figures: Figures) -> None:
    """The bars, and the queries where the two differ most, each with a way to Compare."""
    one = _choose(figures)
    if one is None or one.comparison is None:
        return
    summary, comparison = figures.summary, one.comparison
    ours, base = summary.per_query[one.system], summary.per_query[view.baseline]
    frame = deltas_frame(comparison.deltas, ours, base, figures.whole.queries)
    st.altair_chart(deltas_chart(frame, summary.headline, comparison.system, comparison.baseline), width="stretch")
    sides = {"won": "Biggest wins", "lost": "Biggest losses"}
    moves = {qid: _move(figures, view, one.system, qid) for outcome in sides for qid in biggest(frame, outcome)}
    titles = _titles(space, view, moves)
    deltas = frame.set_index("qid")["delta"]
    for column, (outcome, title) in zip(st.columns(2, gap="medium"), sides.items(), strict=True):
        with column:
            st.markdown(f"**{title}**: open one on Compare")
            qids = biggest(frame, outcome)
            if not qids:
                st.caption("None.")
            for qid in qids:
                with st.container(border=True, gap=None):
                    compare_link(figures.whole.queries[qid])
                    st.caption(f"**{signed(deltas[qid])}** · {plain(moved(moves[qid], titles))}")
    with st.expander(f"All {len(frame):,} queries"):
        four = st.column_config.NumberColumn(format="%.4f")
        st.dataframe(
            frame.drop(columns=["place"]),
            hide_index=True,
            width="stretch",
            column_config={
                "delta": st.column_config.NumberColumn(format="%+.4f"),
                "system": four,
                "baseline": four,
            },
        )


def slices(space: Workspace, view: View, figures: Figures) -> None:
    """The mean delta of each slice of the queries, those where the system hurts first."""
    one = _choose(figures)
    if one is None or one.comparison is None:
        return
    found = query_slices(figures.whole.queries.values())
    frame = slices_frame(slice_deltas(one.comparison.deltas, found))
    if frame.empty:
        st.info("These queries have no tags and are all alike in length and script: there is nothing to slice.")
        return
    st.altair_chart(slices_chart(frame, figures.summary.headline), width="stretch")
    st.caption(
        f"The slices where {plain(one.label)} hurts come first. Pale: fewer than {FEW} queries, may well be chance. "
        "With many slices some will look bad by chance alone. Length counts words between spaces; the script of a "
        "query's letters is a guess at its language and no more."
    )
    with st.expander("As a table"):
        st.dataframe(
            frame.drop(columns=["few"]),
            hide_index=True,
            width="stretch",
            column_config={"delta": st.column_config.NumberColumn(format="%+.4f")},
        )


def compare_link(query: Query, label: str = "") -> None:
    """A link to Compare at this query, with the same settings; its label is the query's text unless given."""
    name = query.text if len(query.text) <= LONGEST else query.text[: LONGEST - 1] + "…"
    st.page_link(
        "pages/1_Compare.py",
        label=label or plain(name),
        icon=":material/arrow_forward:",
        query_params={**state.link(), state.QUERY: query.text},
    )


def _choose(figures: Figures) -> SystemSummary | None:
    compared = {one.system: one for one in figures.summary.systems if one.comparison is not None and one.comparison.n}
    if not compared:
        st.info("No system can be compared with the baseline yet.")
        return None
    chosen = st.selectbox(
        "System, against the baseline",
        list(compared),
        format_func=lambda system: compared[system].label,
        key=state.COMPARED,
        bind="query-params",
    )
    return compared[chosen]


def _move(figures: Figures, view: View, system: str, qid: str) -> Move | None:
    before, after = (figures.whole.answers[one][qid].ranking for one in (view.baseline, system))
    if before is None or after is None:
        return None
    return biggest_move(before.docids, after.docids, figures.whole.qrels[qid], figures.summary.k)


def _titles(space: Workspace, view: View, moves: dict[str, Move | None]) -> dict[str, str]:
    docids = [move.docid for move in moves.values() if move is not None]
    with space.open() as db:
        docs = datasets.get_docs(db, view.dataset.id, docids)
    return {docid: doc.title or doc.text[:60] for docid, doc in docs.items()}
