"""One pair on a page: where it stands, what the model saw of it, what made its score."""

from __future__ import annotations

import streamlit as st

from pages.ui import state, work
from pages.ui.inspect import occlusion
from pages.ui.inspect.link import forget_pair, link_back, linked_pair, say_pair
from pages.ui.markdown import plain
from pages.ui.tables import harmless_table, written_table
from pages.ui.view import View
from rerank_core.evaluation.numbers import count, figure, signed
from rerank_core.experiment.inspection import Inspection
from rerank_core.experiment.job_requests import InspectRequest, OccludeRequest
from rerank_core.experiment.one_query import Comparison, load_comparison
from rerank_core.store import judgments
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System
from rerank_core.types import Query, ScoredDoc
from rerank_core.views.alignment import alignment_chart
from rerank_core.views.passage import neighbours_frame, others_frame, seen_html
from rerank_core.views.terms import terms_chart


def show(space: Workspace, view: View, query: Query) -> None:
    """Choose a system and a passage of its ranking, and look closer."""
    comparison = load_comparison(view.experiment, query)
    if not comparison.rankings:
        st.info("This query is not ranked yet with these settings. Open it on **Compare** first.")
        return
    labels = {system.id: system.label for system in view.systems if system.id in comparison.rankings}
    linked = linked_pair(labels)
    if linked is not None and not _is_here(linked, comparison, labels):
        return
    back, left, right = st.columns([2, 3, 6], vertical_alignment="bottom")
    chosen = left.selectbox("System", list(labels), format_func=labels.get, key=state.INSPECTED)
    ranking = comparison.rankings[chosen]
    places = {doc.docid: doc for doc in ranking.docs}
    docid = right.selectbox(
        "Passage, in this system's order",
        list(places),
        format_func=lambda docid: f"{places[docid].rank}. {comparison.docs[docid].name(80)}",
        key=state.PASSAGE,
    )
    if docid is None:
        st.info("This system returned nothing for the query.")
        return
    say_pair(chosen, docid, (chosen, docid) == (next(iter(labels)), next(iter(places))))
    with back:
        link_back(chosen, docid)
    for note in ranking.notes:
        st.caption(plain(note))
    with space.open() as db:
        grades = {label.docid: label.grade for label in judgments.in_force(db, view.dataset.id, query.qid)}
    _places(comparison, chosen, docid, labels, grades)
    _parts(places[docid])
    system = next(system for system in view.systems if system.id == chosen)
    _closer(space, view, query, comparison, system, docid)


def _is_here(linked: tuple[str | None, str | None], comparison: Comparison, labels: dict[str, str]) -> bool:
    """Whether a link's pair can be shown; where not, that is said, and another one is opened only on a click."""
    system, docid = linked
    chosen = next(iter(labels)) if system is None else system
    if chosen not in labels:
        problem = f"the system {system}, which is not among those that ranked this query here"
    elif docid is not None and docid not in comparison.rankings[chosen].docids:
        problem = f"the passage {docid}, which {labels[chosen]} did not rank for this query"
    else:
        return True
    st.warning(plain(f"This link is for {problem}."))
    st.button("Choose another passage", on_click=forget_pair)
    return False


def _places(comparison: Comparison, chosen: str, docid: str, labels: dict[str, str], grades: dict[str, int]) -> None:
    """Where every system puts this passage, and what stands around it in this one."""
    grade = grades.get(docid)
    st.markdown("Nobody graded this passage." if grade is None else f"Grade **{grade}**.")
    left, right = st.columns(2, gap="medium")
    left.markdown("**By every system**")
    left.dataframe(
        written_table(
            others_frame(comparison.rankings, labels, docid, chosen),
            {"Raw score": lambda value: figure(value, 4), "Tokens cut": lambda value: count(int(value))},
        ),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "System": st.column_config.TextColumn(width=205),
            "Rank": st.column_config.NumberColumn(width=50),
            "Raw score": st.column_config.NumberColumn(width=85),
            "Tokens cut": st.column_config.NumberColumn(width=85),
        },
    )
    left.caption("Raw scores have each system's own scale: compare ranks, not scores.")
    titles = {docid: doc.name(80) for docid, doc in comparison.docs.items()}
    right.markdown(f"**Around it, by {plain(labels[chosen])}**")
    right.dataframe(
        written_table(
            neighbours_frame(comparison.rankings[chosen], docid, titles, grades),
            {"Score": lambda value: figure(value, 4), "Difference": lambda value: signed(value, 4)},
        ),
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            "Rank": st.column_config.NumberColumn(width=60),
            "Grade": st.column_config.NumberColumn(width=60),
        },
    )


def _parts(doc: ScoredDoc) -> None:
    if doc.parts:
        st.markdown("**What made the score**")
        st.dataframe(harmless_table({"part": list(doc.parts), "value": list(doc.parts.values())}), hide_index=True)


def _closer(space: Workspace, view: View, query: Query, comparison: Comparison, chosen: System, docid: str) -> None:
    """The model's own account; of a composite, that of the member whose scores it shows."""
    asked = chosen.scored_by or chosen
    if asked.id != chosen.id:
        st.caption(f"Its scores come from {plain(asked.label)}, which is shown here.")
    request = InspectRequest.of(view.dataset, query, docid, asked.id)
    job = work.latest(space, request)
    if job is None:
        job = work.submit(space, request, urgent=True)
    if job.is_open:
        work.watch(space, [job.id], lambda: None)
    elif job.state == "done":
        inspection = Inspection.from_dict(job.result)
        _result(inspection, comparison.docs[docid].content)
        if inspection.score is not None:
            closer = OccludeRequest.of(view.dataset, query, docid, asked.id)
            occlusion.show(space, closer, asked, comparison.rankings[chosen.id], docid)
    else:
        st.error(plain(job.message))
        st.button("Try again", on_click=work.ask, args=(space, request, True))


def _result(inspection: Inspection, content: str) -> None:
    if inspection.score is None:
        st.info("This system has no model of its own, so a single passage cannot be inspected.")
        st.html(seen_html(content, None))
        return
    left, middle, right = st.columns(3)
    left.metric("Raw score", f"{inspection.score:.4f}")
    if inspection.tokens is not None:
        middle.metric("Tokens seen", f"{inspection.tokens - inspection.tokens_cut:,} of {inspection.tokens:,}")
        right.metric("Tokens cut", f"{inspection.tokens_cut:,}")
    if inspection.tokens_cut:
        st.warning(f"The model did not see the last {inspection.tokens_cut:,} tokens of this passage.")
    st.markdown("**The passage, as the model sees it**")
    st.html(seen_html(inspection.text or content, inspection.seen))
    if inspection.alignment is not None:
        st.markdown("**Which query token meets which passage token**")
        st.altair_chart(alignment_chart(inspection.alignment, most=36), width="content")
    if inspection.terms is not None:
        st.markdown("**What each shared term adds**")
        st.altair_chart(terms_chart(inspection.terms), width="stretch")
