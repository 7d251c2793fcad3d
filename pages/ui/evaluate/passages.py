"""One query's passages under every system: where each stands, its grade, and how it moved."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.board import charts
from pages.ui.evaluate.cards import compare_link, passage_names
from pages.ui.markdown import plain
from pages.ui.tables import harmless_names
from pages.ui.view import View
from rerank_core.evaluation.rank_changes import document_rows
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace
from rerank_core.views.documents import documents_table

TOPS = (5, 10, 25, 50)


def show(space: Workspace, view: View, figures: Figures) -> None:
    """Choose a query; rows are passages, columns are systems."""
    whole = figures.whole
    qids = list(figures.summary.qids)
    asked.check(state.EXPLAINED_QUERY, qids, "graded query", lambda qid: (whole.queries[qid].text, qid))
    asked.check(state.FIRST, TOPS, "number of passages")
    left, right = st.columns([4, 1])
    qid = left.selectbox(
        "Query",
        qids,
        format_func=lambda qid: whole.queries[qid].text,
        key=state.EXPLAINED_QUERY,
        bind="query-params",
    )
    top = right.selectbox("In the first", TOPS, 1, key=state.FIRST, bind="query-params", help="…of any system.")
    by_system = {system: whole.rankings(system).get(qid) for system in whole.labels}
    rankings = {system: ranking for system, ranking in by_system.items() if ranking is not None}
    compare_link(whole.queries[qid], "Open on Compare")
    grades = whole.qrels.get(qid, {})
    docids = list(dict.fromkeys(docid for ranking in rankings.values() for docid in ranking.docids))
    titles = harmless_names(passage_names(space, view, docids, 80))
    orders = {system: ranking.docids for system, ranking in rankings.items()}
    rows = document_rows(orders, grades, view.baseline, top)
    labels = harmless_names({system: whole.labels[system] for system in rankings})
    st.dataframe(
        documents_table(rows, labels, titles, view.dataset.scale),
        hide_index=True,
        width="stretch",
        height=min(36 * (len(rows) + 1), 620),
        column_config={
            "Passage": st.column_config.TextColumn(width=270, pinned=True),
            "Grade": st.column_config.NumberColumn(width=110),
            **{label: st.column_config.NumberColumn(width=122) for label in labels.values()},
        },
    )
    silent = [plain(whole.labels[system]) for system, ranking in by_system.items() if ranking is None]
    st.caption(
        f"{len(rows)} passages that are in the first {top} of any system. ▲ ▼: places above or below "
        f"{plain(whole.labels[view.baseline])}. Not retrieved: the system did not return the passage. Ungraded: "
        "nobody graded it, which is not grade 0." + (f" Without an answer: {', '.join(silent)}." if silent else "")
    )
    charts.bump({labels[system]: ranking for system, ranking in rankings.items()}, grades, titles, view)
