"""The formulas of the measures, over one query's ranking with its grades looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from rerank_core.errors import BadInputError
from rerank_core.evaluation.names import Kind, Measure


@dataclass(frozen=True, slots=True)
class GradedRanking:
    """A ranking as the formulas see it.

    `returned`: the grade at each rank, best first, None where the document is ungraded.
    `judged`: every grade that the query has, returned or not, in no particular order.
    """

    returned: Sequence[int | None]
    judged: Sequence[int]


def checked_grades(grades: Mapping[str, int], qid: str | None = None) -> dict[str, int]:
    """A copy of docid -> grade with plain ints (numpy's whole numbers and booleans become ints).

    Raises BadInputError for a grade that is not a whole number; `qid` is for the message only.
    """
    if set(map(type, grades.values())) <= {int}:
        return dict(grades)
    return {docid: _whole(grade, docid, qid) for docid, grade in grades.items()}


def _whole(grade: object, docid: str, qid: str | None) -> int:
    try:
        return grade.__index__()  # type: ignore[attr-defined, no-any-return]
    except AttributeError:
        problem = f"the grade of passage {docid!r} is {grade!r}"
        raise BadInputError(_place("grades", qid), None, problem, "a whole number") from None


def check_ranking(ranking: Sequence[str], qid: str | None = None) -> None:
    """Raise BadInputError where a document stands twice in `ranking`: it would be counted twice."""
    if len(set(ranking)) != len(ranking):
        seen: set[str] = set()
        twice = next(docid for docid in ranking if docid in seen or seen.add(docid))  # type: ignore[func-returns-value]
        raise BadInputError(_place("ranking", qid), None, f"passage {twice!r} stands in it twice", "every passage once")


def _place(what: str, qid: str | None) -> str:
    return what if qid is None else f"{what} of query {qid!r}"


def look_up(ranking: Sequence[str], grades: Mapping[str, int]) -> GradedRanking:
    """`ranking` (docids, best first) with `grades` (docid -> grade, absent: ungraded) looked up."""
    return GradedRanking([grades.get(docid) for docid in ranking], list(grades.values()))


def linear_gain(grade: int | None) -> float:
    """The grade itself; 0 for an ungraded document and for a negative grade (as trec_eval)."""
    return float(grade) if grade is not None and grade > 0 else 0.0


def exponential_gain(grade: int | None) -> float:
    """2^grade - 1 (Burges et al. 2005, doi:10.1145/1102351.1102363); 0 for ungraded and negative grades."""
    return 2.0**grade - 1.0 if grade is not None and grade > 0 else 0.0


def discount(rank: int) -> float:
    """What a gain at `rank` (from 1) is multiplied with: 1 / log2(rank + 1)."""
    return 1.0 / log2(rank + 1)


def dcg(gains: Iterable[float]) -> float:
    """The sum of gain / log2(rank + 1) over `gains`, in rank order."""
    total = 0.0
    for rank, gain in enumerate(gains, 1):
        if gain:
            total += gain / log2(rank + 1)
    return total


def ideal_gains(judged: Iterable[int], gain: Callable[[int | None], float], k: int | None) -> list[float]:
    """The positive gains of all judged documents, largest first, cut at `k`."""
    return sorted((gain(grade) for grade in judged if grade > 0), reverse=True)[:k]


def value_of(measure: Measure, graded: GradedRanking, level: int = 1) -> float:
    """The value of `measure`, 0 to 1; `level` is used where the measure names none. Equal to trec_eval to 1e-12."""
    return _FORMULAS[measure.kind](graded, measure.k, measure.level or level)


def _normalised(graded: GradedRanking, gain: Callable[[int | None], float], k: int | None) -> float:
    ideal = dcg(ideal_gains(graded.judged, gain, k))
    return dcg(map(gain, graded.returned[:k])) / ideal if ideal else 0.0


def _ndcg(graded: GradedRanking, k: int | None, level: int) -> float:
    """Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418, with trec_eval's linear gain and full ideal."""
    return _normalised(graded, linear_gain, k)


def _ndcg_exp(graded: GradedRanking, k: int | None, level: int) -> float:
    return _normalised(graded, exponential_gain, k)


def _ndcg_condensed(graded: GradedRanking, k: int | None, level: int) -> float:
    """Unjudged documents are taken out before ranks are counted: Sakai 2007, doi:10.1145/1277741.1277756."""
    judged_only = [grade for grade in graded.returned if grade is not None]
    return _normalised(GradedRanking(judged_only, graded.judged), linear_gain, k)


def _hits(graded: GradedRanking, k: int | None, level: int) -> list[int]:
    return [rank for rank, grade in enumerate(graded.returned[:k], 1) if grade is not None and grade >= level]


def _relevant(graded: GradedRanking, level: int) -> int:
    return sum(grade >= level for grade in graded.judged)


def _rr(graded: GradedRanking, k: int | None, level: int) -> float:
    hits = _hits(graded, k, level)
    return 1.0 / hits[0] if hits else 0.0


def _ap(graded: GradedRanking, k: int | None, level: int) -> float:
    hits = _hits(graded, k, level)
    return sum(count / rank for count, rank in enumerate(hits, 1)) / _relevant(graded, level) if hits else 0.0


def _precision(graded: GradedRanking, k: int | None, level: int) -> float:
    return len(_hits(graded, k, level)) / (k or 1)


def _recall(graded: GradedRanking, k: int | None, level: int) -> float:
    hits = _hits(graded, k, level)
    return len(hits) / _relevant(graded, level) if hits else 0.0


def _success(graded: GradedRanking, k: int | None, level: int) -> float:
    return 1.0 if _hits(graded, k, level) else 0.0


def _judged(graded: GradedRanking, k: int | None, level: int) -> float:
    """The judged share of what was returned within k, as ir_measures: divided by min(k, returned)."""
    top = graded.returned[:k]
    return sum(grade is not None for grade in top) / len(top) if top else 0.0


def _bpref(graded: GradedRanking, k: int | None, level: int) -> float:
    """Buckley and Voorhees 2004, doi:10.1145/1008992.1009000; a negative grade counts as ungraded (as trec_eval)."""
    relevant = _relevant(graded, level)
    nonrelevant = sum(0 <= grade < level for grade in graded.judged)
    above, total = 0, 0.0
    for grade in graded.returned:
        if grade is None or grade < 0:
            continue
        if grade < level:
            above += 1
        else:
            total += 1.0 - min(above, relevant) / min(nonrelevant, relevant) if above else 1.0
    return total / relevant if relevant else 0.0


_FORMULAS: dict[Kind, Callable[[GradedRanking, int | None, int], float]] = {
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
