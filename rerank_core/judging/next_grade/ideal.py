"""The ideal DCG of a query whose grades are partly unknown, from how many passages reach each level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ideal:
    """sum over levels m of step_m * C(count_m), where C(n) = sum over ranks 1..min(n, k) of 1 / log2(rank + 1).

    count_m: how many passages of the query have grade index m or higher; step_m: what level m gains over the one below.
    That is the DCG of the grades sorted downwards and cut at k, for linear gains: each level adds its step wherever a
    passage reaches it. A count that is an expectation, and so no whole number, is interpolated.
    """

    def __init__(self, gains: NDArray[np.float64], k: int) -> None:
        """`gains`: of every grade of the scale, lowest first; the lowest is 0."""
        self.gains, self.steps = gains, np.diff(gains)
        self._whole = np.arange(k + 1, dtype=np.float64)
        self._sums = np.concatenate(([0.0], np.cumsum(1.0 / np.log2(np.arange(2, k + 2)))))

    def parts(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each level adds, same shape as `counts` (..., L)."""
        found: NDArray[np.float64] = np.interp(counts, self._whole, self._sums) * self.steps
        return found

    def dcg(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The ideal DCG, shape (...,), of counts with the levels first: (L, ...)."""
        found = np.zeros(counts.shape[1:])
        for count, step in zip(counts, self.steps, strict=True):
            found += np.interp(count, self._whole, self._sums * step)
        return found


def ratio(dcg: NDArray[np.float64], ideal: NDArray[np.float64]) -> NDArray[np.float64]:
    """dcg / ideal; 0 where the ideal is 0, as in trec_eval."""
    return np.divide(dcg, ideal, out=np.zeros(np.broadcast(dcg, ideal).shape), where=ideal > 0.0)
