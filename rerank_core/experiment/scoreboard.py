"""The figures of some systems on one dataset, kept up to date as grades and rankings come into the workspace."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlite_utils import Database

from rerank_core.evaluation.live import LiveMeans, LiveMeasures, LiveQuery
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.oracle import ideal_order
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, judgments, rankings
from rerank_core.types import Query


@dataclass(frozen=True, slots=True)
class QueryStanding:
    """How one query stands.

    `labels`: docid -> grade in force. `stale`: docids whose text changed since it was graded. `total`: graded pairs in
    the dataset. `oracle`: the measures of the candidates in their best order, None without candidates or grades.
    `as_of`: which scoreboard's view of which query, and the newest event in it: of two standings of one name, the one
    with the larger event is later, and with the same event they have the same labels.
    """

    qid: str
    labels: dict[str, int]
    stale: tuple[str, ...]
    total: int
    query: LiveQuery
    oracle: dict[Measure, float] | None
    as_of: tuple[str, int]


class Scoreboard:
    """Live figures for a dataset, some systems and one set of candidates. Safe for several threads.

    It reads what is new in the workspace when it is asked: grades of any judge at each `standing`, rankings at each
    `read_rankings`.
    """

    def __init__(self, experiment: Experiment, measures: Sequence[Measure]) -> None:
        self._experiment, self._workspace, self._dataset = experiment, experiment.workspace, experiment.dataset
        self._systems = {system.key: system.id for system in experiment.systems}
        self._measures = list(measures)
        self._lock, self._name = threading.Lock(), uuid4().hex
        self._queries: dict[str, Query] = {}
        self._keys: dict[str, str] = {}
        self._ready: set[tuple[str, str]] = set()
        self._failed: set[tuple[str, str]] = set()  # asked for again each time: a second try may have gone well
        self._candidates: dict[str, tuple[str, ...]] = {}
        with self._workspace.open() as db:
            self._last_event = judgments.last_event(db, self._dataset.id)
            self._labels = judgments.qrels(db, self._dataset.id)
        self._seen: dict[str, dict[str, str]] = {}  # qid -> docid -> hash of the text that was graded
        unranked: dict[str, Mapping[str, Sequence[str] | None] | None] = {system: {} for system in experiment.ids}
        self._live = LiveMeasures(unranked, self._labels, measures, experiment.baseline, experiment.level)

    def read_rankings(self) -> int:
        """Take in the queries and rankings that came since; return how many queries all systems have answered."""
        with self._lock, self._workspace.open() as db:
            self._read_rankings(db)
            answers = self._ready | self._failed
            return sum(all((key, system) in answers for system in self._systems) for key in self._keys.values())

    def _read_rankings(self, db: Database) -> None:
        now = {query.qid: query for query in datasets.get_queries(db, self._dataset.id)}
        before, self._queries = self._queries, now
        gone = [qid for qid, query in before.items() if qid not in now or now[qid].text != query.text]
        for qid in gone:
            key = self._keys.pop(qid)
            self._candidates.pop(qid, None)
            if qid in now or self._labels.get(qid):
                self._live.set_rankings(qid, dict.fromkeys(self._experiment.ids))
            self._ready -= {(key, system) for system in self._systems}  # another query may have the same text
        self._keys |= self._experiment.keys(query for qid, query in now.items() if qid not in self._keys)
        # grades go with their query, and come back with it
        for qid in (*gone, *(qid for qid in now if qid not in before and qid in self._seen)):
            self._read_grades(db, qid)
        wanted = [
            key for key in self._keys.values() if any((key, system) not in self._ready for system in self._systems)
        ]
        self._take_in(rankings.get_rankings(db, wanted, list(self._systems)))

    def _take_in(self, answers: Mapping[str, Mapping[str, rankings.StoredRanking]]) -> None:
        for qid, key in self._keys.items():
            fresh = {
                system: stored for system, stored in answers.get(key, {}).items() if (key, system) not in self._ready
            }
            if fresh:
                orders = {self._systems[system]: _docids(stored) for system, stored in fresh.items()}
                self._live.set_rankings(qid, orders)
            for system, stored in fresh.items():
                (self._failed if stored.ranking is None else self._ready).add((key, system))

    def standing(self, qid: str) -> QueryStanding:
        """How this query and the dataset's means stand, after all grades that are in the workspace by now."""
        with self._lock, self._workspace.open() as db:
            db.conn.execute("BEGIN")  # one snapshot: the labels are those as of the newest event
            newest = judgments.last_event(db, self._dataset.id)
            for changed in judgments.queries_graded_since(db, self._dataset.id, self._last_event):
                self._read_grades(db, changed)
            if qid not in self._seen:
                self._read_grades(db, qid)
            self._last_event = newest
            if qid not in self._keys and self._labels.get(qid):
                self._read_rankings(db)  # a scratch query that is kept since somebody graded it
            labels = dict(self._labels.get(qid, {}))
            total = sum(map(len, self._labels.values()))
            figures, oracle = self._live.query(qid), self._oracle(db, qid, labels)
            return QueryStanding(
                qid, labels, self._stale(db, qid), total, figures, oracle, (f"{self._name} {qid}", newest)
            )

    def means(self) -> LiveMeans:
        """The dataset's means as of the last `standing` or `read_rankings`."""
        with self._lock:
            return self._live.means()

    def per_query(self, system: str, measure: Measure) -> dict[str, float]:
        """Qid -> value over the queries that the means are over."""
        with self._lock:
            return self._live.per_query(system, measure)

    def _candidates_of(self, db: Database, qid: str) -> tuple[str, ...]:
        if qid not in self._candidates and qid in self._keys:
            candidates = rankings.get_candidates(db, self._keys[qid])
            if candidates is not None:
                self._candidates[qid] = candidates.docids
        return self._candidates.get(qid, ())

    def _oracle(self, db: Database, qid: str, labels: Mapping[str, int]) -> dict[Measure, float] | None:
        candidates = self._candidates_of(db, qid)
        if not candidates or not labels:
            return None
        return evaluate_query(ideal_order(candidates, labels), labels, self._measures, self._experiment.level)

    def _read_grades(self, db: Database, qid: str) -> None:
        grades = judgments.in_force(db, self._dataset.id, qid)
        self._labels[qid] = {grade.docid: grade.grade for grade in grades}
        self._seen[qid] = {grade.docid: grade.text_hash for grade in grades}
        self._live.update(qid, self._labels[qid])

    def _stale(self, db: Database, qid: str) -> tuple[str, ...]:
        graded = self._seen[qid]
        now = datasets.text_hashes(db, self._dataset.id, list(graded))
        return tuple(docid for docid, seen in graded.items() if judgments.is_stale(seen, now.get(docid)))


def _docids(stored: rankings.StoredRanking) -> tuple[str, ...] | None:
    return None if stored.ranking is None else stored.ranking.docids
