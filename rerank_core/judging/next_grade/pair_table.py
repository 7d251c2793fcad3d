"""The passages of two systems as arrays: where each stands, what its place is worth, what that says of its grade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.errors import BadInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Scores = Mapping[str, Mapping[str, float | None]]
"""qid -> docid -> the system's raw score, higher is better; None or absent: it has none."""

FEATURES = ("ranked high by both", "ranked higher by b", "discount gap", "scored high by both", "scored higher by b")


@dataclass(frozen=True, slots=True)
class PairTable:
    """A row for each (query, passage) that a or b ranks; the rows of one query stand together, in `qids` order.

    `query`: the row's query number. `gap`: its discount in b minus its discount in a, where a rank down to k has
    1 / log2(rank + 1) and one below has 0: from -1 to 1. `in_top`: whether either has it in its top k. `features`:
    shape (rows, 5), see FEATURES: minus the mean of the two log ranks (0 at rank 10), half of log(rank in a / rank in
    b), the gap, and the mean and half the difference (b - a) of the two scores, each standardised within its ranking.
    A passage that a system did not return counts as at twice the depth of the deepest ranking, with that ranking's
    lowest score; a ranking without scores has 0 throughout. `own`: the columns that a query's own effects multiply,
    shape (rows, 2): 1 and "ranked higher by b". `rows`: (qid, docid) -> row. Queries are those that both systems
    ranked; an empty ranking is an answer.
    """

    k: int
    qids: tuple[str, ...]
    query: NDArray[np.int64]
    gap: NDArray[np.float64]
    in_top: NDArray[np.bool_]
    features: NDArray[np.float64]
    own: NDArray[np.float64]
    rows: Mapping[tuple[str, str], int]


def pair_table(
    a: Mapping[str, Sequence[str]],
    b: Mapping[str, Sequence[str]],
    k: int,
    a_scores: Scores | None = None,
    b_scores: Scores | None = None,
) -> PairTable:
    """The table of two systems: qid -> docids, best first. Raises BadInputError for a passage that stands twice."""
    qids = tuple(sorted(a.keys() & b.keys()))
    deepest = max((len(run[qid]) for run in (a, b) for qid in qids), default=0)
    rows: dict[tuple[str, str], int] = {}
    query: list[int] = []
    places: list[tuple[int, int]] = []
    scores: list[tuple[float, float]] = []
    for number, qid in enumerate(qids):
        ranks = _ranks(a[qid], qid), _ranks(b[qid], qid)
        standard = [
            _standardised(own, (given or {}).get(qid, {}))
            for own, given in zip(ranks, (a_scores, b_scores), strict=True)
        ]
        for docid in sorted(ranks[0].keys() | ranks[1].keys()):
            rows[qid, docid] = len(query)
            query.append(number)
            places.append((ranks[0].get(docid, 0), ranks[1].get(docid, 0)))
            scores.append((standard[0][docid], standard[1][docid]))
    placed, scored = np.array(places, dtype=np.float64).reshape(-1, 2), np.array(scores).reshape(-1, 2)
    returned = placed > 0
    in_top = returned & (placed <= k)
    discount = np.where(in_top, 1.0 / np.log2(np.where(returned, placed, 1.0) + 1.0), 0.0)
    gap = discount[:, 1] - discount[:, 0]
    logs = np.log(np.where(returned, placed, 2.0 * max(deepest, k)))
    higher = (logs[:, 0] - logs[:, 1]) / 2.0
    features = np.column_stack(
        (np.log(10.0) - logs.mean(axis=1), higher, gap, scored.mean(axis=1), (scored[:, 1] - scored[:, 0]) / 2.0)
    )
    own = np.column_stack((np.ones(len(rows)), higher))
    return PairTable(k, qids, np.array(query, dtype=np.int64), gap, in_top[:, 0] | in_top[:, 1], features, own, rows)


def _ranks(docids: Sequence[str], qid: str) -> dict[str, int]:
    ranks = {docid: rank for rank, docid in enumerate(docids, 1)}
    if len(ranks) != len(docids):
        twice = next(docid for rank, docid in enumerate(docids, 1) if ranks[docid] != rank)
        raise BadInputError(f"ranking of query {qid}", None, f"passage {twice} stands twice", "each passage once")
    return ranks


def _standardised(ranks: Mapping[str, int], scores: Mapping[str, float | None]) -> defaultdict[str, float]:
    """The scores of a ranking less their mean, over their standard deviation; 0 where one is missing or all tie.

    What the ranking does not hold has its lowest.
    """
    values = [scores.get(docid) for docid in ranks]
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(known) or len(known) < len(values) or not np.isfinite(known).all() or known.std() < 1e-12:
        return defaultdict(float)
    standard: list[float] = ((known - known.mean()) / known.std()).tolist()
    lowest = min(standard)
    return defaultdict(lambda: lowest, zip(ranks, standard, strict=True))
