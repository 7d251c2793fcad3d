"""From the board's outbox into the workspace, and from the workspace's figures back to the board."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlite_utils import Database

from pages.ui.outbox.events import GradeEvent as BoardEvent
from rerank_core.errors import NotFoundError
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
