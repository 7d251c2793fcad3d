"""What each missing grade could do to the mean delta, in closed form."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.curvature import sums_by_query
from rerank_core.judging.next_grade.grade_prior import Coefficients, sigmoid
from rerank_core.judging.next_grade.ideal import Ideal, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable


@dataclass(frozen=True, slots=True)
class Evidence:
    """The grades so far. `index`: row -> place of its grade in the scale, -1: not graded.

    `outside`: shape (Q, L), how many passages that neither system ranks reach each level: they count in the ideal only.
    """

    index: NDArray[np.int64]
    outside: NDArray[np.float64]

    def counts(self, table: PairTable) -> NDArray[np.float64]:
        """How many graded passages of each query reach each level, shape (Q, L)."""
        known = np.flatnonzero(self.index >= 0)
        reached = self.index[known, None] > np.arange(self.outside.shape[1])
        return self.outside + sums_by_query(reached.astype(np.float64), table.query[known], len(table.qids))


@dataclass(frozen=True, slots=True)
class Outlook:
    """For n ungraded rows of the table (`rows`, in its order) and every grade of the scale, lowest first.

    `chances`: P(its grade is this one), shape (n, L + 1). `effects`: what is expected of a sum (the mean delta) if it
    is, same shape. `passed`: P(it passes level m, once it passed the one before), shape (n, L). `tells`: d log chances
    / d logit of level m, shape (n, L + 1, L). `pulls`: how the expected sum moves with each logit, shape (n, L).
    """

    rows: NDArray[np.int64]
    chances: NDArray[np.float64]
    effects: NDArray[np.float64]
    passed: NDArray[np.float64]
    tells: NDArray[np.float64]
    pulls: NDArray[np.float64]

    def only(self, keep: NDArray[np.bool_]) -> Outlook:
        """The rows that `keep` (shape (n,)) names."""
        return Outlook(*(getattr(self, field.name)[keep] for field in fields(self)))

    def expected(self) -> NDArray[np.float64]:
        """What is expected before the grade is known, shape (n,)."""
        found: NDArray[np.float64] = (self.chances * self.effects).sum(axis=1)
        return found

    def variances(self) -> NDArray[np.float64]:
        """The variance of each passage's part of the sum, the coefficients being known; shape (n,)."""
        found: NDArray[np.float64] = (self.chances * (self.effects - self.expected()[:, None]) ** 2).sum(axis=1)
        return found

    def information(self) -> NDArray[np.float64]:
        """What a grade is expected to tell of each logit (Fisher), shape (n, L)."""
        found: NDArray[np.float64] = (self.chances[:, None, :] @ self.tells**2)[:, 0]
        return found


def outlook_of_delta(table: PairTable, evidence: Evidence, coefficients: Coefficients, ideal: Ideal) -> Outlook:
    """Every ungraded passage's part in the mean delta (nDCG@k of b less that of a, over the Q queries).

    While one grade is tried out, the query's other missing grades are taken at their expectations: both the sum of gap
    * gain and the counts that make the ideal.
    """
    queries = len(table.qids)
    rows = np.flatnonzero(evidence.index < 0)
    query, gap = table.query[rows], table.gap[rows]
    passed = sigmoid(coefficients.logits(table)[rows])
    reached = reach(passed)
    gains = reached @ ideal.steps
    known = np.flatnonzero(evidence.index >= 0)
    dcg = sums_by_query(table.gap[known] * ideal.gains[evidence.index[known]], table.query[known], queries)
    dcg += sums_by_query(gap * gains, query, queries)
    counts = evidence.counts(table) + sums_by_query(reached, query, queries)
    others = counts[query] - reached
    missed, met = ideal.parts(others), ideal.parts(others + 1.0)
    # with a grade of index g, levels up to g are met and those above are missed
    best = missed.sum(axis=1)[:, None] + np.pad(np.cumsum(met - missed, axis=1), ((0, 0), (1, 0)))
    found = (dcg[query] - gap * gains)[:, None] + gap[:, None] * ideal.gains
    return _outlook(rows, passed, reached, ratio(found, best) / max(queries, 1))


def outlook_of_gain(
    table: PairTable,
    rows: NDArray[np.int64],
    coefficients: Coefficients,
    ideal: Ideal,
    weights: NDArray[np.float64],
) -> Outlook:
    """The part of each of `rows` in the sum of weight * gain, as if none of these rows were graded."""
    passed = sigmoid(coefficients.logits(table)[rows])
    return _outlook(rows, passed, reach(passed), weights[:, None] * ideal.gains)


def reach(passed: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(grade index >= m), from P(passes m, once it passed the one before); the levels are the last axis."""
    return np.cumprod(passed, axis=-1, dtype=np.float64)


def _outlook(
    rows: NDArray[np.int64],
    passed: NDArray[np.float64],
    reached: NDArray[np.float64],
    effects: NDArray[np.float64],
) -> Outlook:
    edge = np.pad(reached, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
    grade, level = np.arange(passed.shape[1] + 1)[:, None], np.arange(passed.shape[1])
    # a grade above a level has passed it, the one just below it has failed there, lower ones say nothing of it
    tells = (grade > level) * (1.0 - passed[:, None, :]) - (grade == level) * passed[:, None, :]
    chances = edge[:, :-1] - edge[:, 1:]
    pulls = ((chances * effects)[:, None, :] @ tells)[:, 0]
    return Outlook(rows, chances, effects, passed, tells, pulls)
