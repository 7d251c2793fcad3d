"""A query's grades and figures: what was graded is kept, and what it comes to is sent back to the board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.board.board import read_outbox, sync
from pages.ui.board.payload import Figure, SyncData
from pages.ui.markdown import plain
from pages.ui.outbox import side_route
from pages.ui.outbox.commit import Receipt, commit, outbox_key
from pages.ui.outbox.events import GradeEvent as BoardEvent
from pages.ui.view import MEASURES, View
from rerank_core.errors import WorkspaceError
from rerank_core.evaluation.live import Values
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.store.workspace import Workspace


def sync_grades(space: Workspace, view: View, qid: str, figures: Scoreboard) -> None:
    """Take what was graded, keep it, and send labels and figures back. To be called in a fragment.

    Where there is a side route, it does the same from then on, grade by grade, and this runs with the page only.
    """

    def answer(events: Sequence[BoardEvent]) -> Mapping[str, Any]:
        return _figures_now(view, qid, figures, commit(space, events)).to_json()

    try:
        # the last connection to close writes SQLite's log back, 10 ms or more: this one closes after the figures left
        with space.open():
            receipt = commit(space, read_outbox(state.BOARD))
            route = side_route.offer(state.BOARD, outbox_key(view.dataset, view.judge), answer)
            sync(_figures_now(view, qid, figures, receipt, route), key=state.BOARD)
    except WorkspaceError as error:
        st.error(plain(str(error)))


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
