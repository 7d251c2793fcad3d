"""One pair on a page: the score, what the model did not see, what made the score."""

from __future__ import annotations

import streamlit as st

from pages.ui import state, work
from pages.ui.view import View
from rerank_core.comparison import Comparison, load_comparison
from rerank_core.inspection import Inspection
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query, ScoredDoc
from rerank_core.views.alignment import alignment_chart
from rerank_core.views.terms import terms_chart


def show(space: Workspace, view: View, query: Query) -> None:
    """Choose a system and a passage of its ranking, and look closer."""
    comparison = load_comparison(space, view.dataset, query, view.settings, view.systems)
    if not comparison.rankings:
        st.info("This query is not ranked yet with these settings. Open it on **Compare** first.")
        return
    labels = {system.id: system.label for system in view.systems if system.id in comparison.rankings}
    left, right = st.columns([1, 2])
    system = left.selectbox("System", list(labels), format_func=labels.get, key=state.INSPECTED, bind="query-params")
    ranking = comparison.rankings[system]
    places = {doc.docid: doc for doc in ranking.docs}
    docid = right.selectbox(
        "Passage, in this system's order",
        list(places),
        format_func=lambda one: f"{places[one].rank}. {comparison.docs[one].title or comparison.docs[one].text[:80]}",
        key=state.PASSAGE,
        bind="query-params",
    )
    for note in ranking.notes:
        st.caption(note)
    _facts(comparison, places[docid], labels)
    _closer(space, view, query, system, docid)


def _facts(comparison: Comparison, doc: ScoredDoc, labels: dict[str, str]) -> None:
    """Where every system puts this passage, and the parts of its score."""
    ranks = {
        labels[system]: next((str(one.rank) for one in ranking.docs if one.docid == doc.docid), "–")
        for system, ranking in comparison.rankings.items()
    }
    for column, (label, rank) in zip(st.columns(len(ranks)), ranks.items(), strict=True):
        column.metric(f"Rank by {label}", rank)
    if doc.parts:
        st.markdown("**What made the score**")
        st.dataframe({"part": list(doc.parts), "value": list(doc.parts.values())}, hide_index=True)


def _closer(space: Workspace, view: View, query: Query, system: str, docid: str) -> None:
    params = {"dataset": view.dataset.name, "fingerprint": view.dataset.fingerprint, "qid": query.qid}
    params |= {"docid": docid, "system": system, "query": query.text}
    with space.open() as db:
        job = jobs.latest(db, "inspect", params)
    if job is None:
        job = work.submit(space, "inspect", params, urgent=True)
    if job.is_open:
        work.watch(space, [job.id], lambda: None)
    elif job.state == "done":
        _result(Inspection.from_dict(job.result))
    else:
        st.error(job.message)


def _result(found: Inspection) -> None:
    if found.score is None:
        st.info("This system has no model of its own to ask about one passage.")
        return
    st.metric("Raw score", f"{found.score:.4f}")
    if found.tokens_cut:
        st.warning(f"The model did not see the last {found.tokens_cut:,} tokens of this passage.")
    if found.alignment is not None:
        st.markdown("**Which query token meets which passage token**")
        st.altair_chart(alignment_chart(found.alignment, most=60), width="content")
    if found.terms is not None:
        st.markdown("**What each shared term adds**")
        st.altair_chart(terms_chart(found.terms), width="stretch")
