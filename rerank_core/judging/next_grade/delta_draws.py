"""The mean delta that full judgement would find, drawn many times from what is known now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.curvature import sums_by_query
from rerank_core.judging.next_grade.grade_prior import Coefficients, sigmoid
from rerank_core.judging.next_grade.ideal import Ideal, ratio
from rerank_core.judging.next_grade.outlook import Evidence, reach

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

_SHIFTS = np.linspace(-4.0, 4.0, 9)


class DeltaDraws:
    """Draws coefficients from their posterior, then grades given the coefficients, then the mean delta of each draw.

    The random numbers are drawn once, by `seed`, and used again after every grade, so that grades move P and luck does
    not; they come in mirrored pairs. A passage below rank k in both systems can only enter the ideal:
    of these only their number at each level is drawn, from a rounded normal.
    """

    def __init__(self, table: PairTable, ideal: Ideal, seed: int, draws: int = 1000) -> None:
        """`draws` is even."""
        rng = np.random.default_rng(seed)
        half, levels = draws // 2, len(ideal.steps)
        self._table, self._ideal = table, ideal
        self._place = np.cumsum(table.in_top) - 1
        shared = rng.standard_normal((half, levels + table.features.shape[1]))
        own = rng.standard_normal((len(table.qids), half, table.own.shape[1]))
        # a passage passes a level where its logit is above a logistic draw
        bar = rng.logistic(size=(levels, int(table.in_top.sum()), half)).astype(np.float32)
        luck = rng.standard_normal((len(table.qids), half))
        self._shared = np.concatenate((shared, -shared))
        self._own = np.concatenate((own, -own), axis=1)
        self._bar = np.concatenate((bar, -bar), axis=2)
        self._luck = np.concatenate((luck, -luck), axis=1)

    def deltas(self, evidence: Evidence, coefficients: Coefficients) -> NDArray[np.float64]:
        """The delta b - a of every query in each draw, shape (Q, draws)."""
        table, queries = self._table, len(self._table.qids)
        shared_off, own_off = self._off(coefficients)
        known = np.flatnonzero(evidence.index >= 0)
        gains = self._ideal.gains[evidence.index[known]]
        dcg = sums_by_query(table.gap[known] * gains, table.query[known], queries)
        rows = np.flatnonzero(table.in_top & (evidence.index < 0))
        query, at = table.query[rows], self._place[rows]
        logits = self._logits(rows, coefficients, shared_off, own_off)
        # (L, Q, draws): how many passages reach each level
        counts = self._others(evidence, coefficients, shared_off, own_off)
        met, gain = np.ones(logits.shape, dtype=np.bool_), np.zeros_like(logits)
        for m, step in enumerate(self._ideal.steps):
            level = coefficients.shared[m] + shared_off[:, m]
            met &= self._bar[m, at] < logits + level.astype(np.float32)
            counts[m] += sums_by_query(met.astype(np.float32), query, queries)
            gain += met * np.float32(step)
        gain *= table.gap[rows, None].astype(np.float32)
        drawn = dcg[:, None] + sums_by_query(gain, query, queries)
        return ratio(drawn, self._ideal.dcg(counts))

    def _off(self, coefficients: Coefficients) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How far each draw's coefficients are off their mode: shared (draws, F), own (Q, draws, R)."""
        covariance = coefficients.covariance
        shared: NDArray[np.float64] = self._shared @ np.linalg.cholesky(covariance.shared).T
        own: NDArray[np.float64] = self._own @ np.linalg.cholesky(covariance.own).transpose(0, 2, 1)
        return shared, own - shared @ covariance.pull.transpose(0, 2, 1)

    def _logits(
        self,
        rows: NDArray[np.int64],
        coefficients: Coefficients,
        shared_off: NDArray[np.float64],
        own_off: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        """Each row's logit in each draw, less its level; single precision, as these are the large arrays."""
        table, query, levels = self._table, self._table.query[rows], coefficients.levels
        slopes = coefficients.shared[levels:, None] + shared_off[:, levels:].T
        logits = table.features[rows].astype(np.float32) @ slopes.astype(np.float32)
        own = (coefficients.own[:, None, :] + own_off).astype(np.float32)
        for r, column in enumerate(table.own[rows].T.astype(np.float32)):
            logits += column[:, None] * own[query, :, r]
        return logits

    def _others(
        self,
        evidence: Evidence,
        coefficients: Coefficients,
        shared_off: NDArray[np.float64],
        own_off: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """How many passages reach each level, (L, Q, draws): the graded ones, and those drawn below rank k in both.

        The mean and the spread of their number move with the draw's coefficients by one common shift of their logits,
        read off a grid.
        """
        table, queries, levels = self._table, len(self._table.qids), coefficients.levels
        rows = np.flatnonzero(~table.in_top & (evidence.index < 0))
        query, logits = table.query[rows], coefficients.logits(table)[rows]
        weight = sigmoid(logits[:, :1])
        design = np.hstack((weight, weight * table.features[rows], weight * table.own[rows]))
        centre = sums_by_query(design, query, queries)
        centre = centre[:, 1:] / np.maximum(centre[:, :1], 1e-12)
        features, own = np.split(centre, [table.features.shape[1]], axis=1)
        shift = shared_off[:, :levels].mean(axis=1) + features @ shared_off[:, levels:].T
        shift += (own_off @ own[:, :, None])[:, :, 0]
        reached = reach(sigmoid(logits[:, None, :] + _SHIFTS[:, None]))
        mean = sums_by_query(reached, query, queries)
        spread = np.sqrt(sums_by_query(reached * (1.0 - reached), query, queries))
        found = np.empty((levels, *shift.shape))
        for q in range(queries):
            for m in range(levels):
                found[m, q] = np.interp(shift[q], _SHIFTS, spread[q, :, m]) * self._luck[q]
                found[m, q] += np.interp(shift[q], _SHIFTS, mean[q, :, m])
        return np.maximum(np.rint(found), 0.0) + evidence.counts(table).T[:, :, None]
