"""One query's kept lists and scores as arrays, so that a thousand settings are tried without asking a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.types import ScoredDoc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QueryLists:
    """What is known of one query's passages, by their place in `docids`, which are in ascending order.

    `ranks`: list -> rank from 1, 0 where the list does not hold the passage; shape (n,). `scores`: list -> raw score,
    0.0 where it does not hold it; a list without scores is not in it. `reranked`: system -> raw score, NaN where the
    pair was not scored. `grades`: -1 for ungraded. `judged`: every grade of the query, in the lists or not.
    """

    qid: str
    docids: tuple[str, ...]
    ranks: Mapping[str, NDArray[np.int64]]
    scores: Mapping[str, Floats]
    reranked: Mapping[str, Floats]
    grades: NDArray[np.int64]
    judged: tuple[int, ...]


def query_lists(
    qid: str,
    lists: Mapping[str, Sequence[ScoredDoc]],
    reranked: Mapping[str, Mapping[str, float]],
    grades: Mapping[str, int],
) -> QueryLists:
    """The arrays of one query. `lists`: name -> passages, best first. `reranked`: system -> docid -> raw score."""
    import numpy as np

    docids = tuple(sorted({doc.docid for docs in lists.values() for doc in docs}))
    place = {docid: index for index, docid in enumerate(docids)}
    ranks, scores = {}, {}
    for name, docs in lists.items():
        ranks[name] = np.zeros(len(docids), dtype=np.int64)
        values = np.zeros(len(docids))
        for rank, doc in enumerate(docs, 1):
            ranks[name][place[doc.docid]] = rank
            values[place[doc.docid]] = doc.score if doc.score is not None else np.nan
        if not np.isnan(values).any():
            scores[name] = values
    by_system = {
        system: np.array([of_docs.get(docid, np.nan) for docid in docids], dtype=float)
        for system, of_docs in reranked.items()
    }
    found = np.array([grades.get(docid, -1) for docid in docids], dtype=np.int64)
    return QueryLists(qid, docids, ranks, scores, by_system, found, tuple(grades.values()))
