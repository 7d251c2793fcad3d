"""Links from figures to the query behind them, and cards that say what moved there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from pages.ui import address, state
from pages.ui.markdown import plain
from pages.ui.view import View
from rerank_core.evaluation.moves import WhatMoved, what_moved
from rerank_core.experiment.figures import Figures
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.text import shortened
from rerank_core.types import Query
from rerank_core.views.moves import moved
from rerank_core.views.story import link_html

LONGEST = 64  # characters of a query in a link


def compare_link(query: Query, label: str = "") -> None:
    """A link to Compare at this query, with the same settings; its label is the query's text unless given."""
    st.html(
        link_html(
            compare_addresses({query.qid: query}, [query.qid])[query.qid], label or shortened(query.text, LONGEST)
        )
    )


def compare_addresses(queries: Mapping[str, Query], qids: Sequence[str]) -> dict[str, str]:
    """qid -> the same link as an address, for charts and tables: relative, so that it holds behind any proxy."""
    view = address.full_link()
    return {qid: "Compare?" + urlencode({**view, state.QUERY: qid}, doseq=True) for qid in qids}


def cards(
    space: Workspace, view: View, figures: Figures, system: str, qids: Sequence[str], heads: Mapping[str, str]
) -> None:
    """A card per query: its link, its head (a figure), and what moved between the baseline and the system."""
    moves = {qid: _moves(figures, view, system, qid) for qid in qids}
    docids = [move.docid for what in moves.values() for move in (what.best, what.wrong) if move is not None]
    titles = passage_names(space, view, docids)
    for qid in qids:
        with st.container(border=True, gap=None):
            compare_link(figures.whole.queries[qid])
            st.caption(f"**{plain(heads[qid])}** · {plain(moved(moves[qid], titles))}")


def _moves(figures: Figures, view: View, system: str, qid: str) -> WhatMoved:
    before, after = (figures.whole.answers[name][qid].ranking for name in (view.baseline, system))
    if before is None or after is None:
        return WhatMoved(None, None, False, 0)
    return what_moved(before.docids, after.docids, figures.whole.qrels[qid], figures.summary.k)


def passage_names(space: Workspace, view: View, docids: Sequence[str], longest: int = 60) -> dict[str, str]:
    """docid -> what people know the passage by, see `Doc.name`; passages that are gone are left out."""
    with space.open() as db:
        docs = datasets.get_docs(db, view.dataset.id, docids)
    return {docid: doc.name(longest) for docid, doc in docs.items()}
