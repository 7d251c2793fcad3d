"""A score floor carried over from one system to another, by what it does: scores of two systems cannot be compared.

B's floor is the lowest from which B is as precise as A is at its own.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import share
from rerank_core.evaluation.threshold import ThresholdPoint, threshold_curve, threshold_for
from rerank_core.types import Qrels, Ranking

FOLDS = 5
FEWEST_GRADED = 20
"""Graded passages above a floor, below which its precision is luck."""

Sides = tuple[Mapping[str, Ranking], Mapping[str, Ranking]]
"""qid -> ranking, of A and of B, over the same queries."""


@dataclass(frozen=True, slots=True)
class Floors:
    """A score floor, before and after, at which the two are equally precise.

    `before`, `after`: raw scores, each in its own system's unit, with what they do over all queries. `promised`: B's
    precision on the graded passages that chose its floor; `held_out`: on queries that did not, and `held_out_before`:
    that of A on the same ones; None where nothing graded was shown there.
    """

    before: ThresholdPoint
    after: ThresholdPoint
    held_out: float | None
    held_out_before: float | None

    @property
    def promised(self) -> float | None:
        """B's precision at its floor, on the grades that chose it."""
        return self.after.precision


@dataclass(frozen=True, slots=True)
class Flip:
    """A query on which the two decide differently whether to answer.

    `answered`: whether B answers and A refuses, or the other way round. `before`, `after`: the best raw score of each
    within the first k; None where none is scored. `shown`: what the one that answers shows: "relevant" where a passage
    of it is, "not relevant" where all are graded and none is, else "ungraded".
    """

    qid: str
    answered: bool
    before: float | None
    after: float | None
    shown: str


def carried_over(
    sides: Sides,
    qrels: Qrels,
    labels: tuple[str, str],
    floor: float | None,
    precision: float | None,
    k: int,
    level: int,
    seed: int,
) -> tuple[Floors | None, str]:
    """The two floors, or None and why there are none. `floor`, `precision`: of A, as `switch` takes them."""
    try:
        found = _fitted(sides, qrels, floor, precision, k, level, FEWEST_GRADED)
    except SettingsError as error:
        return None, str(error)
    before, after = found
    if before is None:
        asked = f"a floor of {floor:.4g}" if floor is not None else f"a precision of {share(precision or 0.0)}"
        return None, f"{labels[0]} has too few graded passages in its first {k} for {asked}."
    if after is None:
        reached = share(before.precision or 0.0)
        return None, f"No floor of {labels[1]} is as precise as {labels[0]} at its own ({reached})."
    held_before, held_after = _held_out(sides, qrels, floor, precision, k, level, seed)
    return Floors(before, after, held_after, held_before), ""


def _fitted(
    sides: Sides, qrels: Qrels, floor: float | None, precision: float | None, k: int, level: int, fewest: int
) -> tuple[ThresholdPoint | None, ThresholdPoint | None]:
    """A's floor as it is or as its precision says, and the lowest one of B that is as precise."""
    now, then = (threshold_curve(side, qrels, k, level) for side in sides)
    before = (
        next((point for point in now.points if point.threshold >= floor), None)
        if floor is not None
        else threshold_for(now, precision or 1.0, fewest)
    )
    if before is None or not before.precision or before.judged < fewest:
        return None, None
    return before, threshold_for(then, before.precision, fewest)


def _held_out(
    sides: Sides, qrels: Qrels, floor: float | None, precision: float | None, k: int, level: int, seed: int
) -> tuple[float | None, float | None]:
    """The precision of A and of B on queries that did not choose the floors, all folds together."""
    qids = [qid for qid in sides[0] if qrels.get(qid)]
    random.Random(seed).shuffle(qids)
    counts = [[0, 0], [0, 0]]
    for fold in range(FOLDS):
        out = set(qids[fold::FOLDS])
        points = _fitted(
            (_only(sides[0], qids, out), _only(sides[1], qids, out)), qrels, floor, precision, k, level, FEWEST_GRADED
        )
        for side, point, counted_here in zip(sides, points, counts, strict=True):
            if point is None:
                continue
            for qid in out:
                grades = [qrels[qid].get(docid) for docid in _shown(side[qid], point.threshold, k)]
                counted_here[0] += sum(grade is not None and grade >= level for grade in grades)
                counted_here[1] += sum(grade is not None for grade in grades)
    (right_before, before), (right_after, after) = counts
    return (right_before / before if before else None, right_after / after if after else None)


def _only(side: Mapping[str, Ranking], qids: Collection[str], without: Collection[str]) -> dict[str, Ranking]:
    return {qid: side[qid] for qid in qids if qid not in without}


def flips(
    sides: Sides,
    qrels: Qrels,
    tops: Mapping[str, tuple[float | None, float | None]],
    floors: Floors,
    k: int,
    level: int,
) -> tuple[Flip, ...]:
    """The queries on which the two decide differently. `tops`: qid -> the best raw score of A and of B."""
    at = (floors.before.threshold, floors.after.threshold)
    found = []
    for qid, (best_before, best_after) in tops.items():
        was = best_before is not None and best_before >= at[0]
        is_now = best_after is not None and best_after >= at[1]
        if was == is_now:
            continue
        speaks = 1 if is_now else 0
        grades = [qrels.get(qid, {}).get(docid) for docid in _shown(sides[speaks][qid], at[speaks], k)]
        right = any(grade is not None and grade >= level for grade in grades)
        shown = "relevant" if right else "ungraded" if None in grades else "not relevant"
        found.append(Flip(qid, is_now, best_before, best_after, shown))
    return tuple(found)


def best_score(ranking: Ranking, k: int) -> float | None:
    """The highest raw score within the first `k`; None where none is scored."""
    return max((doc.score for doc in ranking.docs[:k] if doc.score is not None), default=None)


def _shown(ranking: Ranking, floor: float, k: int) -> list[str]:
    return [doc.docid for doc in ranking.docs[:k] if doc.score is not None and doc.score >= floor]
