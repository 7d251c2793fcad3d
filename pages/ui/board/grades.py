"""A query's grades and figures: what was graded is kept, and what it comes to is sent back to the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.board.board import read_outbox, sync
from pages.ui.board.payload import Figure, SyncData
from pages.ui.judge import ask_in_dialog
from pages.ui.markdown import plain
from pages.ui.outbox import side_route
from pages.ui.outbox.commit import Receipt, commit, outbox_key
from pages.ui.outbox.events import GradeEvent as BoardEvent
from pages.ui.outbox.writer import is_nameless, of_session
from pages.ui.view import MEASURES, View
from rerank_core.errors import WorkspaceError
from rerank_core.evaluation.live import Values
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.store import query_states
from rerank_core.store.workspace import Workspace

KEPT = "You graded this query, so it is kept: it is in everybody's lists and figures now."


def sync_grades(space: Workspace, view: View, qid: str, figures: Scoreboard) -> None:
    """Take what was graded, keep it, and send labels and figures back. To be called in a fragment.

    Where there is a side route, it does the same from then on, grade by grade, and this runs with the page only.
    """
    was_scratch = False
    writer = of_session(view.judge, state.BOARD)

    def answer(events: Sequence[BoardEvent]) -> Mapping[str, Any]:
        now = _figures_now(view, qid, figures, commit(space, events, writer))
        return replace(now, status=_status(space, view, qid, was_scratch)).to_json()

    sent = read_outbox(state.BOARD)
    if not view.judge:
        _ask_name(view, sent)

    try:
        # the last connection to close writes SQLite's log back, 10 ms or more: this one closes after the figures left
        with space.open() as db:
            was_scratch = query_states.is_scratch(db, view.dataset.id, qid)
            receipt = commit(space, sent, writer)
            route = side_route.offer(state.BOARD, outbox_key(view.dataset, view.judge), answer, writer)
            now = _figures_now(view, qid, figures, receipt, route)
            sync(replace(now, status=_status(space, view, qid, was_scratch)), key=state.BOARD)
    except WorkspaceError as error:
        st.error(plain(str(error)))


def _status(space: Workspace, view: View, qid: str, was_scratch: bool) -> str:
    """That a grade has kept a scratch query; looked up only where the page began with one."""
    if not was_scratch:
        return ""
    with space.open() as db:
        return "" if query_states.is_scratch(db, view.dataset.id, qid) else KEPT


def _ask_name(view: View, sent: Sequence[BoardEvent]) -> None:
    """Ask as soon as a grade comes without a name; who closes the dialog looks on, and is asked at the next grade."""
    waiting = len([event for event in sent if is_nameless(event.outbox_key)])
    if waiting > (state.take(state.NOT_SAID) or 0):
        ask_in_dialog(view.dataset, waiting)


def _figures_now(
    view: View, qid: str, figures: Scoreboard, receipt: Receipt, route: Mapping[str, str] | None = None
) -> SyncData:
    standing = figures.standing(qid)
    values: dict[str, Values | None] = dict(standing.query.values)
    means = standing.query.means
    query_figures = _figures(values, {**standing.query.deltas, view.baseline: None})
    if standing.oracle is not None:
        query_figures["ideal"] = {name: Figure(standing.oracle[measure]) for name, measure in _named(standing.oracle)}
    return SyncData(
        outbox_key=outbox_key(view.dataset, view.judge),
        qid=qid,
        ack=receipt.ack,
        labels=standing.labels,
        n=len(standing.labels),
        total=standing.total,
        stale=standing.stale,
        measures=query_figures,
        means=_figures(means.values, {**means.deltas, view.baseline: None}),
        means_n=means.n,
        as_of=standing.as_of,
        route=route,
        refused=receipt.refused,
        nameless=receipt.nameless,
    )


def _named(values: Values) -> list:
    return list(zip(MEASURES, values, strict=True))


def _figures(values: Mapping[str, Values | None], deltas: Mapping[str, Values | None]) -> dict[str, dict[str, Figure]]:
    by_system: dict[str, dict[str, Figure]] = {}
    for system, row in values.items():
        if row is not None:
            delta = deltas.get(system)
            by_system[system] = {
                name: Figure(row[measure], None if delta is None else delta[measure]) for name, measure in _named(row)
            }
    return by_system
