"""The query that is looked at: chosen from a list, by the buttons beside it, or typed. It is in the link.

A typed query is scratch: it is in nobody's list and in no figure until somebody keeps or grades it.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import address, asked, failures, menu, state
from pages.ui.queries import removal
from pages.ui.view import View
from rerank_core.store import datasets, query_states
from rerank_core.store.workspace import Workspace
from rerank_core.text import same_text
from rerank_core.types import Query


def choose_query(space: Workspace, view: View) -> Query:
    """Draw the choice of a query, and the field to try one; stops the page where there is none."""
    with space.open() as db:
        kept = datasets.get_queries(db, view.dataset.id)
        scratch = query_states.scratch_queries(db, view.dataset.id, _tried())
    queries = {query.qid: query for query in (*kept, *scratch)}
    qids = list(queries)
    with st.container(horizontal=True, vertical_alignment="bottom", key="query-picker"):
        back = st.container(width="content")
        pick, forth, typed = st.container(), st.container(width="content"), st.container(width=220)
        more = st.container(width="content")
    qid = None
    tried = {query.qid for query in scratch}
    asked.offer(
        state.QUERY,
        qids,
        next(iter(qids), None),
        "query",
        lambda qid: _texts(queries[qid]),
        way_on=lambda text: _offer_to_try(space, view, text),
    )
    if qids:
        qid = pick.selectbox("Query", qids, format_func=lambda one: queries[one].text, key=state.QUERY)
        address.hold(state.QUERY, _texts(queries[qid])[:1])
    place = qids.index(qid) if qid in queries else 0
    back.button(
        "‹ Previous", key="back", on_click=_go, args=(qids, place - 1), disabled=place <= 0, help="Previous query"
    )
    forth.button(
        "Next ›", key="forth", on_click=_go, args=(qids, place + 1), disabled=place + 1 >= len(qids), help="Next query"
    )
    typed.text_input(
        "Try a query",
        key=state.TYPED,
        placeholder="Type it and press Enter",
        on_change=_try_typed,
        args=(space, view.dataset.id),
    )
    removal.offer(space, view.dataset, more)
    if qid is None:
        st.info("This dataset has no queries yet. Type one above, or import some on the page **Data**.")
        st.stop()
    menu.follow()
    if qid in tried:
        _offer_to_keep(space, view, qid)
    return queries[qid]


def _tried() -> list[str]:
    """The ids of scratch queries to choose from: those that this session typed, the chosen one, the link's."""
    linked = st.query_params.get(state.QUERY)
    ids = [*(state.take(state.TRIED) or ()), state.take(state.QUERY), query_states.typed_id(linked) if linked else None]
    return [one for one in ids if one is not None]


def _texts(query: Query) -> tuple[str, str]:
    """How a link says a query: by its id, but what somebody typed by its text, which another workspace can try."""
    return (query.text, query.qid) if query.qid.startswith(query_states.TYPED) else (query.qid, query.text)


def _offer_to_try(space: Workspace, view: View, text: str) -> None:
    """The way on from a link to a query that is not here."""
    st.caption("It may have been removed, or only tried in another workspace.")
    st.button("Try this query", type="primary", on_click=_try, args=(space, view.dataset.id, text))


def _offer_to_keep(space: Workspace, view: View, qid: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Keep this query", on_click=_keep, args=(space, view.dataset.id, qid))
        st.caption("Not kept yet: nobody's list has this query, and no figure counts it. Keep it, or grade a passage.")


@failures.told
def _keep(space: Workspace, dataset_id: int, qid: str) -> None:
    with space.write() as db:
        query_states.keep_queries(db, dataset_id, [qid])


def _go(qids: Sequence[str], place: int) -> None:
    state.put(state.QUERY, qids[place])


@failures.told
def _try_typed(space: Workspace, dataset_id: int) -> None:
    _choose_text(space, dataset_id, str(state.take(state.TYPED) or ""))
    state.put(state.TYPED, "")  # only then: what could not be kept still stands in the field


@failures.told
def _try(space: Workspace, dataset_id: int, text: str) -> None:
    _choose_text(space, dataset_id, text)


def _choose_text(space: Workspace, dataset_id: int, text: str) -> None:
    """Choose the query of this text: the one that the dataset has, else a scratch one."""
    text = text.strip()
    if not text:
        return
    with space.write() as db:
        known = {same_text(query.text): query.qid for query in datasets.get_queries(db, dataset_id)}
        qid = known.get(same_text(text)) or query_states.typed_id(text)
        if same_text(text) not in known:
            query_states.try_query(db, dataset_id, Query(qid, text))
    state.put(state.TRIED, list(dict.fromkeys([*(state.take(state.TRIED) or ()), qid])))
    address.answer(state.QUERY, qid)
    state.put(state.QUERY, qid)
