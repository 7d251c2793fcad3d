"""Say nothing below t: how precise a system's answers are, and how many queries it still answers, over t."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from rerank_core.errors import SettingsError
from rerank_core.types import Qrels, Ranking


@dataclass(frozen=True, slots=True)
class ThresholdPoint:
    """What a system does that shows the passages of its top k whose raw score is `threshold` or more.

    `answered`: queries with at least one passage shown; `share`: out of all queries. `shown` passages are `relevant`,
    judged and not relevant, or `unjudged`. `precision`: relevant / judged, over the passages of all queries together;
    unjudged ones are left out of it, and None where none is judged. With few judged passages it is little proof.
    """

    threshold: float
    answered: int
    share: float
    shown: int
    relevant: int
    unjudged: int

    @property
    def judged(self) -> int:
        """Shown passages that have a grade."""
        return self.shown - self.unjudged

    @property
    def precision(self) -> float | None:
        """Relevant / judged, from 0 to 1; None where nothing that is shown is judged."""
        return self.relevant / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """`points`: one for each raw score in the top `k`, lowest first; between two of them the higher one's holds.

    `queries`: all that the system ranked. `unscored`: passages of the top k without a score (those that a cascade cut
    early); no threshold shows them. `level`: the lowest grade that counts as relevant.
    """

    system: str
    k: int | None
    level: int
    queries: int
    unscored: int
    points: tuple[ThresholdPoint, ...]


def threshold_curve(
    rankings: Mapping[str, Ranking], qrels: Qrels, k: int | None = 10, level: int = 1
) -> ThresholdCurve:
    """The curve of one system. `rankings`: qid -> its ranking, failed queries left out; k None: the whole ranking.

    Scores must mean the same from query to query, as raw scores of one model do and those made within one query's
    candidates do not (blend, signals). Above the highest score nothing is answered: there is no point there. No
    queries, no points.

    Raises SettingsError for a system that gives an order without scores, and for a `k` or `level` below 1.
    """
    if (k is not None and k < 1) or level < 1:
        raise SettingsError(f"A threshold needs k and level of 1 or more, not {k} and {level}.")
    top = [(qid, doc) for qid, ranking in rankings.items() for doc in ranking.docs[:k]]
    system = next((ranking.system for ranking in rankings.values()), "")
    scored = [(doc.score, qid, doc.docid) for qid, doc in top if doc.score is not None]
    if silent := {qid for qid, _ in top} - {qid for _, qid, _ in scored}:
        raise SettingsError(
            f"{system} gives an order without scores (query '{min(silent)}'): there is nothing to put a threshold on."
        )
    scored.sort(key=lambda each: -each[0])
    points = []
    answered: set[str] = set()
    shown = relevant = unjudged = 0
    for score, group in groupby(scored, key=lambda each: each[0]):
        for _, qid, docid in group:
            grade = qrels.get(qid, {}).get(docid)
            answered.add(qid)
            shown += 1
            unjudged += grade is None
            relevant += grade is not None and grade >= level
        share = len(answered) / len(rankings)
        points.append(ThresholdPoint(score, len(answered), share, shown, relevant, unjudged))
    return ThresholdCurve(system, k, level, len(rankings), len(top) - len(scored), tuple(reversed(points)))


def threshold_for(curve: ThresholdCurve, precision: float, min_judged: int = 1) -> ThresholdPoint | None:
    """The lowest threshold that reaches the target: of all that do, the one that answers most. None: none does.

    Points with fewer than `min_judged` judged passages are passed over: far up, two lucky ones make a precision of 1.

    Precision need not rise with the threshold, so a higher one may miss the target again. It is chosen on the very
    grades that it is measured on: on new queries expect a little less. Raises SettingsError for a target outside
    above 0 to 1.
    """
    if not 0 < precision <= 1:
        raise SettingsError(f"The target precision must lie above 0 and up to 1, not {precision}.")
    known = (point for point in curve.points if point.judged >= min_judged)
    return next((point for point in known if point.precision is not None and point.precision >= precision), None)
