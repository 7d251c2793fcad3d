"""The formulas of the measures over many queries at once: the values of `formulas` to 1e-12, in arrays.

All rankings stand one after the other in flat arrays: so that long ones cost no room beside short ones, and every sum
runs in the order of ranks, as trec_eval's does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rerank_core.evaluation.names import Kind, Measure

if TYPE_CHECKING:
    from array import array

LARGEST_GRADE = 1_000
"""2^grade has no place among the floats from 1,024 on."""
Values = NDArray[np.float64]
Whole = NDArray[np.int32]


class GradedSet:
    """Rankings of many queries with their grades looked up; the measures give an array with a value for each query."""

    def __init__(
        self, lengths: Sequence[int], returned: Sequence[int | None], sizes: Sequence[int], judged: array[int]
    ) -> None:
        """`returned`: the grades of all rankings, one ranking after the other, best first, None for what has none.

        `judged`: every grade of each query, returned or not. `lengths`, `sizes`: how many of each query. Raises
        OverflowError for a grade beyond LARGEST_GRADE, above or below 0.
        """
        self.n = len(lengths)
        given = np.frombuffer(judged, np.intc).astype(np.float64)
        if len(given) and np.abs(given).max() > LARGEST_GRADE:
            raise OverflowError("a grade is too large for these arrays")
        self._judged = _Flat(np.array(sizes, np.int64), given)
        # None becomes NaN, which is neither relevant nor not
        self.returned = _Flat(np.array(lengths, np.int64), np.fromiter(returned, np.float64, len(returned)))
        self.is_judged = ~np.isnan(self.returned.values)
        self._best: _Flat | None = None

    @property
    def best(self) -> _Flat:
        """The judged grades above 0, of each query the largest first."""
        if self._best is None:
            places = np.flatnonzero(self._judged.values > 0)
            # by the query, then by the grade, in one number
            keys = self._judged.owner[places] * _STEP + (LARGEST_GRADE - self._judged.values[places].astype(np.int64))
            small = keys.astype(np.int32) if self.n < _FEW else keys  # half as long, sorted in half the time
            small.sort()
            sizes = self._judged.total(places).astype(np.int64)
            self._best = _Flat(sizes, (LARGEST_GRADE - small % _STEP).astype(np.float64))
        return self._best

    def relevant(self, level: int) -> Values:
        """How many judged documents each query has of that grade or more."""
        return self._judged.count(self._judged.values >= level)

    def nonrelevant(self, level: int) -> Values:
        """How many judged documents each query has from 0 to below that grade."""
        return self._judged.count((self._judged.values >= 0) & (self._judged.values < level))

    def values(self, measure: Measure, level: int) -> Values:
        """The value of `measure` for each query, 0 to 1; `level` is used where the measure names none."""
        return _FORMULAS[measure.kind](self, measure.k, measure.level or level)


_STEP = 1024  # more than LARGEST_GRADE
_FEW = 2**31 // _STEP - 1


class _Flat:
    """Grades of many queries, one query after the other: `owner` says whose; `rank` counts from 1 in each."""

    def __init__(self, lengths: NDArray[np.int64], values: Values) -> None:
        self.lengths, self.values = lengths, values
        self.starts = np.cumsum(lengths) - lengths
        self.owner = np.repeat(np.arange(len(lengths)), lengths)
        self.rank: Whole = np.arange(1, len(values) + 1, dtype=np.int32)
        self.rank -= np.repeat(self.starts.astype(np.int32), lengths)

    def count(self, mask: NDArray[np.bool_]) -> Values:
        """How many of each query."""
        return self.total(np.flatnonzero(mask))

    def total(self, places: NDArray[np.intp], weights: Values | None = None) -> Values:
        """The sum of the weights (None: 1 each) at these places by query, added in their order."""
        found: Values = np.bincount(self.owner[places], weights, minlength=len(self.lengths)).astype(np.float64)
        return found

    def so_far(self, mask: NDArray[np.bool_]) -> Whole:
        """At each place, how many of its query are there up to and with it."""
        running = np.zeros(len(mask) + 1, np.int32)
        np.cumsum(mask, out=running[1:])
        found: Whole = running[1:] - np.repeat(running[self.starts], self.lengths)
        return found


def _linear(grades: Values) -> Values:
    return grades


def _exponential(grades: Values) -> Values:
    found: Values = np.exp2(grades) - 1.0
    return found


def _share(of: Values, whole: Values | float) -> Values:
    """The quotient; 0 where there is nothing to divide by."""
    found: Values = np.divide(of, whole, out=np.zeros_like(of), where=np.asarray(whole) > 0)
    return found


def _dcg(flat: _Flat, rank: Whole, gain: Callable[[Values], Values], k: int | None) -> Values:
    gained = flat.values > 0
    places = np.flatnonzero(gained if k is None else gained & (rank <= k))
    return flat.total(places, gain(flat.values[places]) / np.log2(rank[places] + 1.0))


def _ndcg(graded: GradedSet, k: int | None, level: int) -> Values:
    return _share(_dcg(graded.returned, graded.returned.rank, _linear, k), _ideal(graded, _linear, k))


def _ndcg_exp(graded: GradedSet, k: int | None, level: int) -> Values:
    return _share(_dcg(graded.returned, graded.returned.rank, _exponential, k), _ideal(graded, _exponential, k))


def _ndcg_condensed(graded: GradedSet, k: int | None, level: int) -> Values:
    condensed = graded.returned.so_far(graded.is_judged)
    return _share(_dcg(graded.returned, condensed, _linear, k), _ideal(graded, _linear, k))


def _ideal(graded: GradedSet, gain: Callable[[Values], Values], k: int | None) -> Values:
    return _dcg(graded.best, graded.best.rank, gain, k)


def _hits(graded: GradedSet, k: int | None, level: int) -> NDArray[np.intp]:
    found = graded.returned.values >= level
    return np.flatnonzero(found if k is None else found & (graded.returned.rank <= k))


def _rr(graded: GradedSet, k: int | None, level: int) -> Values:
    places = _hits(graded, k, level)
    owners, first = np.unique(graded.returned.owner[places], return_index=True)
    found: Values = np.zeros(graded.n)
    found[owners] = 1.0 / graded.returned.rank[places[first]]
    return found


def _ap(graded: GradedSet, k: int | None, level: int) -> Values:
    flat, places = graded.returned, _hits(graded, k, level)
    count = flat.so_far(flat.values >= level)[places]
    return _share(flat.total(places, count / flat.rank[places]), graded.relevant(level))


def _precision(graded: GradedSet, k: int | None, level: int) -> Values:
    return _share(graded.returned.total(_hits(graded, k, level)), float(k or 1))


def _recall(graded: GradedSet, k: int | None, level: int) -> Values:
    return _share(graded.returned.total(_hits(graded, k, level)), graded.relevant(level))


def _success(graded: GradedSet, k: int | None, level: int) -> Values:
    return np.minimum(graded.returned.total(_hits(graded, k, level)), 1.0)


def _judged(graded: GradedSet, k: int | None, level: int) -> Values:
    flat = graded.returned
    mask = graded.is_judged if k is None else graded.is_judged & (flat.rank <= k)
    shown = flat.lengths if k is None else np.minimum(flat.lengths, k)
    return _share(flat.count(mask), shown.astype(np.float64))


def _bpref(graded: GradedSet, k: int | None, level: int) -> Values:
    flat, places = graded.returned, _hits(graded, None, level)
    relevant, nonrelevant = graded.relevant(level), graded.nonrelevant(level)
    owner, above = flat.owner[places], flat.so_far((flat.values >= 0) & (flat.values < level))[places]
    lost = _share(np.minimum(above, relevant[owner]), np.minimum(nonrelevant, relevant)[owner])
    return _share(flat.total(places, 1.0 - lost), relevant)


_FORMULAS: dict[Kind, Callable[[GradedSet, int | None, int], Values]] = {
    "nDCG": _ndcg,
    "nDCG_exp": _ndcg_exp,
    "nDCG_condensed": _ndcg_condensed,
    "RR": _rr,
    "AP": _ap,
    "P": _precision,
    "R": _recall,
    "Success": _success,
    "Judged": _judged,
    "Bpref": _bpref,
}
