"""From the board's outbox into the workspace, and from the workspace's figures back to the board."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlite_utils import Database

from pages.ui.outbox.events import GradeEvent as BoardEvent
from pages.ui.outbox.writer import Writer, is_nameless
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """`ack`: client_id -> highest seq that is kept, or refused for good. `refused`: what was refused, in sentences.

    `nameless`: whether grades wait until the judge says a name; to send them again before would change nothing.
    """

    ack: dict[str, int]
    refused: tuple[str, ...] = ()
    nameless: bool = False


def commit(space: Workspace, events: Sequence[BoardEvent], writer: Writer) -> Receipt:
    """Write the events of a component, those of each client in their order, and return what may be forgotten.

    What the writer may not send waits, and so does what was graded before they said a name. Refused for good, and said:
    a grade that is not on the scale, a rule that no judge goes by, a dataset that is gone.
    Nothing else may be dropped. Raises WorkspaceError where they do not lie in the file that is served, and then
    nothing is acknowledged.
    """
    ack: dict[str, int] = {}
    refused: Counter[str] = Counter()
    nameless = not writer.name and any(is_nameless(event.outbox_key) for event in events)
    events = writer.admits(events)
    if not events:
        return Receipt(ack, (), nameless)
    with space.write() as db:
        # a client's events for several datasets or judges stay in their order: a later one that is kept covers all
        # that come before it
        for key, run in groupby(events, key=lambda event: event.outbox_key):
            own = list(run)
            owner = _owner(db, key)
            if owner is None:
                refused[_gone(key)] += len(own)
                continue
            dataset, judge = owner[0], owner[1] or writer.name
            valid = [event for event in own if _is_valid(event, dataset)]
            if invalid := len(own) - len(valid):
                refused[f"'{dataset.name}' has no such grade, or goes by no such rule"] += invalid
            judgments.record(db, dataset.id, judge, [_stored(event) for event in valid], dataset.scale)
    for event in events:
        ack[event.client_id] = max(event.seq, ack.get(event.client_id, 0))
    return Receipt(ack, tuple(f"{why}: {count} not kept" for why, count in refused.items()), nameless)


def _gone(key: str) -> str:
    try:
        name = json.loads(key)[0]
    except (ValueError, TypeError, LookupError, RecursionError):
        name = None
    return f"The dataset '{name}' is not in this workspace" if isinstance(name, str) else "It says no dataset"


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
