"""The query that is looked at: chosen from a list, by the buttons beside it, or typed. It is in the link."""

from __future__ import annotations

import streamlit as st

from pages.ui import state
from pages.ui.view import View
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.text import same_text
from rerank_core.types import Query, text_hash


def choose_query(space: Workspace, view: View) -> Query:
    """Draw the choice of a query, or the field to type one; stops the page where there is none."""
    with space.open() as db:
        queries = {query.qid: query for query in datasets.get_queries(db, view.dataset.id)}
    qids = list(queries)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        back = st.container(width="content")
        pick, forth, typed = st.container(), st.container(width="content"), st.container(width=260)
    qid = None
    if qids:
        qid = pick.selectbox(
            "Query", qids, format_func=lambda one: queries[one].text, key=state.QUERY, bind="query-params"
        )
    place = qids.index(qid) if qid in queries else 0
    back.button(
        "‹ Previous", key="back", on_click=_go, args=(qids, place - 1), disabled=place <= 0, help="Previous query"
    )
    forth.button(
        "Next ›", key="forth", on_click=_go, args=(qids, place + 1), disabled=place + 1 >= len(qids), help="Next query"
    )
    typed.text_input(
        "…or type one",
        key=state.TYPED,
        placeholder="Type a query and press Enter",
        on_change=_add_typed,
        args=(space, view.dataset.id),
    )
    if qid is None:
        st.info("This dataset has no queries yet. Type one above, or import some on the page **Data**.")
        st.stop()
    return queries[qid]


def _go(qids: list[str], place: int) -> None:
    state.put(state.QUERY, qids[place])


def _add_typed(space: Workspace, dataset_id: int) -> None:
    text = str(state.take(state.TYPED) or "").strip()
    if not text:
        return
    with space.write() as db:
        known = {same_text(query.text): query.qid for query in datasets.get_queries(db, dataset_id)}
        qid = known.get(same_text(text), f"typed-{text_hash(text)[:8]}")
        datasets.add_queries(db, dataset_id, [Query(qid, text)])
        datasets.count_queries(db, dataset_id)
    state.put(state.QUERY, qid)
    state.put(state.TYPED, "")
