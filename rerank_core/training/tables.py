"""What is known of each query's candidates as arrays, read of what is kept; no model is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.evaluation.names import Measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, rankings
from rerank_core.systems.learned.features import pair_features
from rerank_core.systems.learned.spec import RANK, SCORE
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.training.data import WEAK_FROM
from rerank_core.tuning.values import measured
from rerank_core.types import Query, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QueryTable:
    """One query's candidates, in the order of the first stage.

    `values`: what is known of each, by the names of `TableOf.names`; shape (candidates, features). `grades`: -1 for
    ungraded. `judged`: every grade of the query, found or not.
    """

    qid: str
    values: Floats
    grades: NDArray[np.int64]
    judged: tuple[int, ...]

    def weak(self) -> NDArray[np.bool_]:
        """Ungraded passages that count as weak negatives."""
        import numpy as np

        return (self.grades < 0) & (np.arange(1, len(self.grades) + 1) >= WEAK_FROM)

    def known(self) -> NDArray[np.bool_]:
        """Passages that are learned from: graded ones and weak negatives."""
        return (self.grades >= 0) | self.weak()


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of some queries, all over candidates that were found in the same way. `names`: of the features."""

    names: tuple[str, ...]
    queries: tuple[QueryTable, ...]

    def column(self, name: str) -> int:
        """The place of a feature."""
        return self.names.index(name)


def read_tables(
    experiment: Experiment,
    systems: Sequence[System],
    names: Sequence[str],
    queries: Sequence[Query],
    qrels: dict[str, dict[str, int]],
) -> dict[str, QueryTable]:
    """qid -> table, for the queries whose candidates are kept and that every one of `systems` has ranked.

    `systems` without the first stage, which is read of the candidates themselves.
    """
    found = {}
    keys = experiment.keys(queries)
    ids = {system.key: system.id for system in systems}
    with experiment.workspace.open() as db:
        answers = rankings.get_rankings(db, keys.values(), list(ids))
        for query in queries:
            candidates = rankings.get_candidates(db, keys[query.qid])
            of_query = answers.get(keys[query.qid], {})
            if candidates is None or any(key not in of_query or of_query[key].ranking is None for key in ids):
                continue
            ranked = {ids[key]: one.ranking for key, one in of_query.items() if key in ids and one.ranking is not None}
            docs = datasets.get_docs(db, experiment.dataset.id, candidates.docids)
            values = pair_features(names, query, candidates, docs, {FIRST_STAGE: candidates, **ranked})
            found[query.qid] = _table(query.qid, names, candidates, values, qrels.get(query.qid, {}))
    return found


def _table(
    qid: str, names: Sequence[str], candidates: Ranking, values: dict[str, dict[str, float]], grades: dict[str, int]
) -> QueryTable:
    import numpy as np

    docids = candidates.docids
    rows = np.array([[values[name][docid] for name in names] for docid in docids], dtype=float)
    return QueryTable(
        qid,
        rows.reshape(len(docids), len(names)),
        np.array([grades.get(docid, -1) for docid in docids], dtype=np.int64),
        tuple(grades.values()),
    )


def value_of(table: QueryTable, scores: Floats, measure: Measure, level: int) -> Floats:
    """The measure of several orders of one query, 0 to 1. `scores`: shape (orders, candidates); equal: candidate order.

    Returns shape (orders,).
    """
    import numpy as np

    k = measure.k or 10
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    grades = table.grades[order] if len(table.grades) else np.full((len(scores), 0), -1)
    if grades.shape[1] < k:
        grades = np.pad(grades, ((0, 0), (0, k - grades.shape[1])), constant_values=-1)
    return measured(grades, table.judged, measure, measure.level or level)


def system_scores(tables: Tables, table: QueryTable, system: str) -> Floats:
    """A number per candidate that orders them as the system does; shape (1, candidates)."""
    return table.values[None, :, tables.column(RANK + system)]


def blend_scores(tables: Tables, table: QueryTable, system: str, shares: Floats) -> Floats:
    """The system and the first stage by z-scores, the system with these `shares`; shape (shares, candidates)."""
    own = table.values[:, tables.column(SCORE + system)]
    first = table.values[:, tables.column(SCORE + FIRST_STAGE)]
    return shares[:, None] * own[None, :] + (1 - shares[:, None]) * first[None, :]
