"""What everybody says of a dataset's pairs, read once for all judges who grade it."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from sys import intern
from threading import Lock
from weakref import WeakValueDictionary

from sqlite_utils import Database

from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import READABLE
from rerank_core.store.qrels_rule import Voice
from rerank_core.store.workspace import Workspace

Pair = tuple[str, str]
"""(qid, docid)"""
_SQL = f"""SELECT id, qid, docid, judge, kind, grade, coalesce(restores, id), source, rule FROM judgment
           WHERE dataset_id = ? AND id > ? AND {READABLE} ORDER BY id"""


class Heard:
    """Grows row by row. No language models. Safe for several threads: what is found in it is never changed in place.

    `voices`: pair -> (judge, whether it is an adjudication) -> what they say now. `drawn`: pairs that anybody graded
    because they were drawn at random.
    """

    def __init__(self) -> None:
        self.voices: dict[Pair, Mapping[tuple[str, bool], Voice]] = {}
        self.drawn: set[Pair] = set()
        self._lock = Lock()
        self._last = 0
        self._events, self._pairs = array("q"), list[Pair]()

    def read(self, db: Database, dataset_id: int, since: int) -> tuple[set[Pair], int]:
        """Take in the rows that came; return the pairs graded or taken back in rows after `since`, and the last row."""
        with self._lock:
            for event, qid, docid, judge, kind, grade, age, source, rule in db.execute(_SQL, [dataset_id, self._last]):
                self._last = event
                if source == "llm":
                    continue
                pair = (intern(qid), intern(docid))
                if kind in ("grade", "undo"):
                    self._hear(pair, (intern(judge), source == "adjudication"), grade, age, event)
                if rule == "random":
                    self.drawn.add(pair)
            first = bisect_right(self._events, since)
            return set(self._pairs[first:]), self._last

    def _hear(self, pair: Pair, who: tuple[str, bool], grade: int | None, age: int, event: int) -> None:
        now = {key: kept for key, kept in self.voices.get(pair, {}).items() if key != who}
        if grade is not None:
            now[who] = Voice(grade, age, event, *who)
        self.voices[pair] = now
        self._events.append(event)
        self._pairs.append(pair)


_LOOKING = Lock()
_kept: WeakValueDictionary[tuple[object, ...], Heard] = WeakValueDictionary()


def heard_in(workspace: Workspace, dataset: DatasetRow) -> Heard:
    """The one of this dataset, in this process: it lives as long as anybody who reads by it."""
    key = (str(workspace.path), workspace.path.stat().st_ino, dataset.id, dataset.created_at)
    with _LOOKING:
        found = _kept.get(key)
        if found is None:
            found = _kept[key] = Heard()
        return found
