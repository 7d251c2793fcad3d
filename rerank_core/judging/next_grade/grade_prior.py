"""What a passage's grade probably is, before anybody graded it: from where the systems put it and the grades so far.

The model is a sequential (continuation-ratio) logit with effects of each query's own (Tutz 1991,
doi 10.1007/BF02294479). With grade indices 0..L (the places of the scale), for a passage i of query q that has passed
level m - 1,

    P(index >= m | index >= m - 1) = sigmoid(level_m + slopes . x_i + own_q . z_i),   m = 1..L

where x_i are the features of `pair_table` and z_i = (1, "ranked higher by b"). Every coefficient has a normal prior
(`PriorBelief`), so that there is an answer at 0 grades: higher ranks are better, and neither system is favoured. The
query's own effects say that a query may have many or few relevant passages, and that a system may be better on it than
on others. The posterior is Laplace's approximation: the mode by Newton's method (the posterior is log-concave, so there
is one), and the normal there. The Hessian is an arrow (shared coefficients, and a small block for each query), so that
a fit costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.curvature import Covariance, Curvature, curvature, sums_by_query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

_STEPS, _SMALL = 40, 1e-9


@dataclass(frozen=True, slots=True)
class PriorBelief:
    """Means and standard deviations of the coefficients, in logits. What they were chosen on: tests/bench/README.md.

    `levels`: of every level's threshold; `slopes`: of the FEATURES of pair_table, in their order; `own`: the standard
    deviations of a query's own effects (intercept; slope of "ranked higher by b").
    """

    levels: tuple[float, float] = (0.5, 1.5)
    slopes: tuple[tuple[float, float], ...] = ((0.55, 0.3), (0.0, 0.4), (0.0, 0.5), (0.2, 0.4), (0.0, 0.3))
    own: tuple[float, float] = (1.05, 0.4)


@dataclass(frozen=True, slots=True)
class Coefficients:
    """The posterior of the coefficients, given the grades so far: normal around the mode.

    `levels`: L. `shared`: the mode of (levels, slopes), shape (F,); `own`: of the queries' own effects, shape (Q, R).
    """

    levels: int
    shared: NDArray[np.float64]
    own: NDArray[np.float64]
    curvature: Curvature
    covariance: Covariance

    def logits(self, table: PairTable) -> NDArray[np.float64]:
        """At the mode, shape (rows, L): of passing level m, once the one before is passed."""
        shift = table.features @ self.shared[self.levels :] + (table.own * self.own[table.query]).sum(axis=1)
        found: NDArray[np.float64] = self.shared[: self.levels] + shift[:, None]
        return found


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), without overflow."""
    half: NDArray[np.float64] = np.tanh(0.5 * x)
    return 0.5 * (1.0 + half)


def trial_design(
    table: PairTable, rows: NDArray[np.int64], level: NDArray[np.int64], levels: int
) -> NDArray[np.float64]:
    """What the shared coefficients multiply in a trial of each of `rows` at `level` (from 0), shape (n, F)."""
    found: NDArray[np.float64] = np.hstack((np.eye(levels)[level], table.features[rows]))
    return found


class GradePrior:
    """Fits the coefficients of one table to the grades so far."""

    def __init__(self, table: PairTable, levels: int, belief: PriorBelief) -> None:
        """`levels`: the grades of the scale less one."""
        self._table, self._levels = table, levels
        pairs = [belief.levels] * levels + list(belief.slopes)
        self._mean = np.array([mean for mean, _ in pairs])
        self._precision = np.array([sd**-2.0 for _, sd in pairs])
        self._own_precision = np.array(belief.own) ** -2.0

    def fit(self, rows: NDArray[np.int64], indices: NDArray[np.int64]) -> Coefficients:
        """`rows` of the table that are graded, and the places of their grades in the scale, from 0."""
        order = np.argsort(rows)
        trials = _Trials(self._table, rows[order], indices[order], self._levels)
        shared, own = self._mean.copy(), np.zeros((len(self._table.qids), len(self._own_precision)))
        value = self._value(trials, shared, own)
        for _ in range(_STEPS):
            bend, covariance, (shared_step, own_step) = self._newton(trials, shared, own)
            if max(np.abs(shared_step).max(), np.abs(own_step).max(initial=0.0)) < _SMALL:
                break
            size = 1.0
            while (tried := self._value(trials, shared + size * shared_step, own + size * own_step)) < value - 1e-9:
                size /= 2.0
            shared, own, value = shared + size * shared_step, own + size * own_step, tried
        return Coefficients(self._levels, shared, own, bend, covariance)

    def _value(self, trials: _Trials, shared: NDArray[np.float64], own: NDArray[np.float64]) -> float:
        x = trials.logits(shared, own)
        likelihood = (trials.passed * x - np.logaddexp(0.0, x)).sum()
        off = shared - self._mean
        return float(likelihood - 0.5 * (self._precision * off**2).sum() - 0.5 * (self._own_precision * own**2).sum())

    def _newton(
        self, trials: _Trials, shared: NDArray[np.float64], own: NDArray[np.float64]
    ) -> tuple[Curvature, Covariance, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The curvature here, its inverse, and the step to the mode of the parabola (shared, own)."""
        passed = sigmoid(trials.logits(shared, own))
        left, weight = trials.passed - passed, passed * (1.0 - passed)
        bend = curvature(trials.shared, trials.own, trials.query, weight, len(own)).plus_diagonal(
            self._precision, self._own_precision
        )
        covariance = bend.inverse()
        gradient = trials.shared.T @ left - self._precision * (shared - self._mean)
        own_gradient = sums_by_query(trials.own * left[:, None], trials.query, len(own)) - self._own_precision * own
        return bend, covariance, covariance.times(gradient, own_gradient)


class _Trials:
    """Each grade as its yes/no trials: passed level m or not. `shared`: (n, F), `own`: (n, R), `passed`: 0 or 1."""

    def __init__(self, table: PairTable, rows: NDArray[np.int64], indices: NDArray[np.int64], levels: int) -> None:
        tried = np.minimum(indices + 1, levels)
        at = np.repeat(np.arange(len(rows)), tried)
        level = np.arange(len(at)) - np.repeat(np.cumsum(tried) - tried, tried)
        self.shared = trial_design(table, rows[at], level, levels)
        self.own, self.query = table.own[rows[at]], table.query[rows[at]]
        self.passed = (indices[at] > level).astype(np.float64)

    def logits(self, shared: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self.shared @ shared + (self.own * own[self.query]).sum(axis=1)
        return found
