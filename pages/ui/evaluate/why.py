"""Why this number: one query's nDCG, place by place, and what other tools would call it."""

from __future__ import annotations

import streamlit as st

from pages.ui import asked, state
from pages.ui.evaluate.cards import compare_link, passage_names
from pages.ui.tables import harmless_table, written_table
from pages.ui.view import View
from rerank_core.evaluation.explain import Explanation, explain_ndcg, ndcg_elsewhere
from rerank_core.evaluation.numbers import count, figure
from rerank_core.experiment.figures import Figures
from rerank_core.store.workspace import Workspace
from rerank_core.views.explain import elsewhere_frame, gains_frame, ideal_frame, sum_line


def show(space: Workspace, view: View, figures: Figures) -> None:
    """Choose a graded query and a system, and see the sum."""
    whole, summary = figures.whole, figures.summary
    if not summary.qids:
        st.info("No graded query is ranked by every system yet.")
        return
    ranked = [row for row in summary.systems if row.values is not None]
    labels = {row.system: row.label for row in ranked}
    asked.check(state.EXPLAINED_QUERY, summary.qids, "graded query", lambda qid: (whole.queries[qid].text, qid))
    asked.check_system(state.EXPLAINED, labels)
    left, right = st.columns([3, 2])
    qid = left.selectbox(
        "Query",
        summary.qids,
        format_func=lambda qid: whole.queries[qid].text,
        key=state.EXPLAINED_QUERY,
        bind="query-params",
    )
    system = right.selectbox("System", list(labels), format_func=labels.get, key=state.EXPLAINED, bind="query-params")
    compare_link(whole.queries[qid], "Open on Compare")
    ranking, grades = whole.ranking(system, qid).docids, whole.qrels[qid]
    explanation = explain_ndcg(ranking, grades, summary.k)
    st.markdown(f"#### nDCG@{summary.k}: {sum_line(explanation)}")
    _sums(space, view, explanation)
    st.markdown(f"**The same ranking in other tools:** six numbers that the field calls nDCG@{summary.k}")
    elsewhere = elsewhere_frame(ndcg_elsewhere(ranking, grades, summary.k))
    st.table(
        harmless_table(elsewhere.assign(Value=elsewhere["Value"].map(lambda value: figure(value, 4)))), hide_index=True
    )


def _sums(space: Workspace, view: View, explanation: Explanation) -> None:
    docids = [row.docid for row in (*explanation.rows, *explanation.ideal)]
    titles = passage_names(space, view, docids, 80)
    four, whole = (st.column_config.NumberColumn(width=wide) for wide in (95, 60))
    columns = {"Discount": four, "Contribution": four, **dict.fromkeys(("Rank", "Grade", "Gain", "Stands at"), whole)}
    how = {
        **dict.fromkeys(("Discount", "Contribution"), lambda value: figure(value, 4)),
        **dict.fromkeys(("Rank", "Grade", "Gain", "Stands at"), lambda value: count(int(value))),
    }
    left, right = st.columns(2, gap="medium")
    left.markdown("**This ranking**")
    left.dataframe(
        written_table(gains_frame(explanation, titles), how),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config=columns,
    )
    left.caption("Discount = 1 / log2(rank + 1); contribution = gain × discount. No grade counts as gain 0.")
    right.markdown("**The ideal list**")
    right.dataframe(
        written_table(ideal_frame(explanation, titles), how),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config=columns,
    )
    right.caption("All graded passages of this query, best first, whether returned or not.")
