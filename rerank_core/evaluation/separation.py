"""Does a system's score separate? Its raw scores by grade, over all queries together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rerank_core.types import Qrels, Ranking

BINS = 40


@dataclass(frozen=True, slots=True)
class GradeScores:
    """The scores of the passages of one grade; `grade` None: ungraded.

    `counts`: how many of the `n` fall into each bin, from the lowest score on; the bins are those of `Separation`.
    """

    grade: int | None
    n: int
    median: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Separation:
    """`low` to `high`: all scores, cut into bins of one width. `grades`: highest first, the ungraded last.

    `auc`: how often a relevant passage has a higher score than one graded not relevant, over all such pairs of any
    queries, ties half: 1 separates wholly, 0.5 not at all; None where one of the two is missing. `unscored`: passages
    without a score, which are left out.
    """

    low: float
    high: float
    grades: tuple[GradeScores, ...]
    auc: float | None
    unscored: int


def separation(rankings: Mapping[str, Ranking], qrels: Qrels, level: int = 1, bins: int = BINS) -> Separation | None:
    """The raw scores of one system by grade; None where nothing has a score.

    `rankings`: qid -> ranking, failed queries left out. `level`: the lowest relevant grade. Scores must mean the same
    from query to query, as raw scores of one model do (see `threshold_curve`). The AUC is Mann and Whitney's U over the
    number of pairs (Hanley, McNeil 1982, doi 10.1148/radiology.143.1.7063747).
    """
    scored = [
        (qrels.get(qid, {}).get(doc.docid), doc.score) for qid, ranking in rankings.items() for doc in ranking.docs
    ]
    known = [(grade, score) for grade, score in scored if score is not None]
    if not known:
        return None
    low, high = min(score for _, score in known), max(score for _, score in known)
    by_grade: dict[int | None, list[float]] = {}
    for grade, score in known:
        by_grade.setdefault(grade, []).append(score)
    order = sorted(by_grade, key=lambda grade: (grade is None, -(grade or 0)))
    grades = tuple(
        GradeScores(grade, len(scores), median(scores), _histogram(scores, low, high, bins))
        for grade, scores in ((grade, by_grade[grade]) for grade in order)
    )
    relevant = [score for grade, score in known if grade is not None and grade >= level]
    others = [score for grade, score in known if grade is not None and grade < level]
    return Separation(low, high, grades, _auc(relevant, others), len(scored) - len(known))


def _histogram(scores: Sequence[float], low: float, high: float, bins: int) -> tuple[int, ...]:
    counts = [0] * bins
    for score in scores:
        place = int((score - low) / (high - low) * bins) if high > low else 0
        counts[min(place, bins - 1)] += 1
    return tuple(counts)


def _auc(relevant: Sequence[float], others: Sequence[float]) -> float | None:
    if not relevant or not others:
        return None
    ordered = sorted(others)
    above = sum(bisect_left(ordered, score) + bisect_right(ordered, score) for score in relevant) / 2
    return above / (len(relevant) * len(ordered))
