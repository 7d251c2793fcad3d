"""How far nDCG@k could still move: the lowest and the highest value that grading the open holes could give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from rerank_core.errors import BadInputError
from rerank_core.evaluation.formulas import check_ranking, checked_grades, discount, linear_gain


@dataclass(frozen=True, slots=True)
class Bounds:
    """`low` <= `actual` <= `high`, all nDCG@k from 0 to 1. `holes`: ungraded documents within the first k."""

    low: float
    actual: float
    high: float
    holes: int


def ndcg_bounds(ranking: Sequence[str], grades: Mapping[str, int], max_grade: int, k: int = 10) -> Bounds:
    """The lowest and highest nDCG@k over every way to grade the ungraded documents in the first `k` of `ranking`.

    Each hole may get any whole grade from 0 to `max_grade`. A hole that turns out relevant adds to the ideal as well,
    so neither end is simply "all 0" or "all max_grade". Documents below k and those never returned stay as they are.
    Both ends are exact (proven against brute force in the tests). Raises BadInputError for a `max_grade` below 1,
    a document that stands twice, or a grade that is not a whole number.

    Why it is quick: with c_t documents graded t or more, the ideal is sum over t of D(c_t), where D(n) is the sum of
    the first min(n, k) discounts. Low: the value is quasi-concave in the grades, so the worst case gives every hole 0
    or max_grade, and for a number of holes it takes the lowest ones. High: for a trial value v, each grade step t
    on its own takes the first m holes that maximise S(m) - v * D(c_t + m), with S the sum of their discounts; v is
    raised to the value reached until it stays (Dinkelbach 1967, doi:10.1287/mnsc.13.7.492).
    """
    if max_grade < 1:
        raise BadInputError("largest grade", None, f"it is {max_grade}", "1 or more")
    check_ranking(ranking)
    grades = checked_grades(grades)
    top = ranking[:k]
    holes = [discount(rank) for rank, docid in enumerate(top, 1) if docid not in grades]
    gained = sum(linear_gain(grades.get(docid)) * discount(rank) for rank, docid in enumerate(top, 1))
    steps = range(1, max(max_grade, max(grades.values(), default=0)) + 1)
    at_least = [sum(grade >= step for grade in grades.values()) for step in steps]
    search = _Search(gained, at_least, list(accumulate(holes, initial=0.0)), _ideal_sums(k), max_grade)
    return Bounds(search.lowest(), search.value([0] * max_grade), search.highest(), len(holes))


def _ideal_sums(k: int) -> list[float]:
    return list(accumulate((discount(rank) for rank in range(1, k + 1)), initial=0.0))


@dataclass(frozen=True, slots=True)
class _Search:
    """`gained`: DCG of the known grades. `at_least[t - 1]`: judged documents graded t or more.

    `first[m]`: the discounts of the first m holes, summed. `ideal[n]`: the first n discounts, summed, n up to k.
    """

    gained: float
    at_least: list[int]
    first: list[float]
    ideal: list[float]
    max_grade: int

    def value(self, raised: list[int]) -> float:
        """nDCG@k when the first `raised[t - 1]` holes are graded t or more."""
        return self._ratio(self.gained + sum(self.first[m] for m in raised), raised)

    def lowest(self) -> float:
        """Over all numbers of holes: the last that many get `max_grade`, the others 0."""
        m = len(self.first) - 1
        last = [self.first[m] - self.first[m - count] for count in range(m + 1)]
        tried = (
            self._ratio(self.gained + self.max_grade * last[count], [count] * self.max_grade) for count in range(m + 1)
        )
        return min(tried)

    def highest(self) -> float:
        """Dinkelbach's iteration; each round takes the best number of holes for every grade step."""
        choices = range(len(self.first))
        best = max(self.value([0] * self.max_grade), self.value([len(self.first) - 1] * self.max_grade))
        while True:
            raised = [
                max(choices, key=lambda m, known=known: self.first[m] - best * self._ideal(known + m))  # type: ignore[misc]
                for known in self.at_least[: self.max_grade]
            ]
            reached = self.value(raised)
            if reached <= best + 1e-15:
                return best
            best = reached

    def _ratio(self, total: float, raised: list[int]) -> float:
        padded = raised + [0] * (len(self.at_least) - len(raised))
        ideal = sum(self._ideal(known + more) for known, more in zip(self.at_least, padded, strict=True))
        return total / ideal if ideal else 0.0

    def _ideal(self, count: int) -> float:
        return self.ideal[min(count, len(self.ideal) - 1)]
