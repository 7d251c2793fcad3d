"""From the board's outbox into the workspace, and from the workspace's figures back to the board."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from pages.ui import state
from pages.ui.board.board import read_outbox, sync
from pages.ui.board.payload import Figure, SyncData
from pages.ui.outbox import side_route
from pages.ui.outbox.events import GradeEvent as BoardEvent
from pages.ui.view import MEASURES, View
from rerank_core.errors import NotFoundError
from rerank_core.evaluation.live import Values
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace

# the others say how a grade came about without a judge
_RULES = judgments.RULES.keys() - {"adjudication", "mapped"}


def outbox_key(dataset: DatasetRow, judge: str) -> str:
    """Names the dataset and the judge that grades belong to, on Compare and on Label."""
    return json.dumps([dataset.name, judge], ensure_ascii=True)


def commit(space: Workspace, events: Sequence[BoardEvent]) -> dict[str, int]:
    """Write the board's events and return client_id -> highest seq that is kept, or refused for good.

    Refused for good: a grade that is not on the scale, a rule that no judge goes by, a dataset that is gone. Nothing
    else may be dropped.
    """
    ack: dict[str, int] = {}
    if not events:
        return ack
    with space.write() as db:
        for key in dict.fromkeys(event.outbox_key for event in events):
            own = [event for event in events if event.outbox_key == key]
            for event in own:
                ack[event.client_id] = max(event.seq, ack.get(event.client_id, 0))
            owner = _owner(db, key)
            if owner is None:
                continue
            dataset, judge = owner
            valid = [event for event in own if _is_valid(event, dataset)]
            judgments.record(db, dataset.id, judge, [_stored(event) for event in valid], dataset.scale)
    return ack


def _owner(db: Database, key: str) -> tuple[DatasetRow, str] | None:
    """The dataset and the judge that an outbox key names; None where it names nothing that is here."""
    try:
        name, judge = json.loads(key)
        # the key comes back from a browser: it may hold what SQLite cannot
        name.encode()
        judge.encode()
        return datasets.get_dataset(db, name), judge
    except (ValueError, TypeError, AttributeError, RecursionError, NotFoundError):
        return None


def _is_valid(event: BoardEvent, dataset: DatasetRow) -> bool:
    return event.rule in _RULES and (event.kind != "grade" or event.grade in dataset.scale)


def _stored(event: BoardEvent) -> GradeEvent:
    grade = event.grade if event.kind == "grade" else None
    own = (event.client_id, event.seq, event.kind, event.qid, event.docid)
    return GradeEvent(*own, grade, event.note, event.rule)


def sync_grades(space: Workspace, view: View, qid: str, figures: Scoreboard) -> None:
    """Take what was graded, keep it, and send labels and figures back. To be called in a fragment.

    Where there is a side route, it does the same from then on, grade by grade, and this runs with the page only.
    """

    def answer(events: Sequence[BoardEvent]) -> Mapping[str, Any]:
        return _figures_now(view, qid, figures, commit(space, events)).to_json()

    # the last connection to close writes SQLite's log back, 10 ms or more: this one closes after the figures have left
    with space.open():
        ack = commit(space, read_outbox(state.BOARD))
        route = side_route.offer(state.BOARD, outbox_key(view.dataset, view.judge), answer)
        sync(_figures_now(view, qid, figures, ack, route), key=state.BOARD)


def _figures_now(
    view: View, qid: str, figures: Scoreboard, ack: Mapping[str, int], route: Mapping[str, str] | None = None
) -> SyncData:
    standing = figures.standing(qid)
    values: dict[str, Values | None] = dict(standing.query.values)
    means = standing.query.means
    own = _figures(values, {**standing.query.deltas, view.baseline: None})
    if standing.oracle is not None:
        own["ideal"] = {name: Figure(standing.oracle[measure]) for name, measure in _named(standing.oracle)}
    return SyncData(
        outbox_key=outbox_key(view.dataset, view.judge),
        qid=qid,
        ack=ack,
        labels=standing.labels,
        n=len(standing.labels),
        total=standing.total,
        stale=standing.stale,
        measures=own,
        means=_figures(means.values, {**means.deltas, view.baseline: None}),
        means_n=means.n,
        as_of=standing.as_of,
        route=route,
    )


def _named(values: Values) -> list:
    return list(zip(MEASURES, values, strict=True))


def _figures(values: Mapping[str, Values | None], deltas: Mapping[str, Values | None]) -> dict[str, dict[str, Figure]]:
    found: dict[str, dict[str, Figure]] = {}
    for system, own in values.items():
        if own is not None:
            delta = deltas.get(system)
            found[system] = {
                name: Figure(own[measure], None if delta is None else delta[measure]) for name, measure in _named(own)
            }
    return found
