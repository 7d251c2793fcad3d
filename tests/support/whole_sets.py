"""A whole set made by hand, for the figures over all queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rerank_core.experiment.whole_set import WholeSet
from rerank_core.store.rankings import StoredRanking
from rerank_core.types import Query, Ranking, ScoredDoc


def ranking(qid: str, system: str, docids: Sequence[str], seconds: float | None = None) -> Ranking:
    docs = tuple(ScoredDoc(docid, -float(rank), rank) for rank, docid in enumerate(docids, 1))
    return Ranking(qid, system, docs, seconds)


def whole_set(
    qrels: Mapping[str, Mapping[str, int]],
    orders: Mapping[str, Mapping[str, str | None]],
    candidates: Mapping[str, str] | None = None,
    queries: Sequence[Query] | None = None,
) -> WholeSet:
    """`orders`: system -> qid -> docids of one letter each ("ba"), None: failed. Candidates: the first system's."""
    asked = queries or [Query(qid, f"text of {qid}") for qid in dict.fromkeys(q for o in orders.values() for q in o)]
    answers = {
        system: {
            qid: StoredRanking(system, None, "it broke") if docids is None
            else StoredRanking(system, ranking(qid, system, list(docids)))
            for qid, docids in own.items()
        }
        for system, own in orders.items()
    }  # fmt: skip
    first = candidates or next(iter(orders.values()))
    return WholeSet(
        {query.qid: query for query in asked},
        qrels,
        {qid: tuple(docids or "") for qid, docids in first.items()},
        {system: f"System {system}" for system in orders},
        answers,
    )
