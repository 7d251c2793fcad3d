"""Does the probability at which grading stops come true, and does the forecast hold? By cross-validation.

A course is replayed with the model's standard deviation taken `wider` times. The factor is fitted on courses of other
queries and other pairs than those that it is tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from rerank_core.judging.next_grade.forecast import Goal, forecast, normal_paths
from rerank_core.judging.next_grade.stopping import MINIMUM
from tests.bench.stop.courses import MARGIN, SHARE, Course, Look

CONFIDENCE = 0.95
FACTORS = tuple(round(1.0 + 0.05 * step, 2) for step in range(21))
PAIR_FOLDS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a course ended. `word` "open": the pool was graded to its end. `right`: whether the word is true."""

    word: str
    claimed: float
    grades: int
    right: bool


def word_at(look: Look, wider: float) -> tuple[str, float]:
    """What is decided at a look, and with which probability; of the likelier of better and worse where it is open."""
    spread = max(wider * look.spread, 1e-12)
    equal = float(ndtr((MARGIN - look.delta) / spread) - ndtr((-MARGIN - look.delta) / spread))
    if equal >= CONFIDENCE:
        return "equal", equal
    p_better = float(ndtr(ndtri(np.clip(look.p_better, 1e-9, 1 - 1e-9)) / wider))
    surest = max(p_better, 1 - p_better)
    return ("open" if surest < CONFIDENCE else "better" if p_better > 0.5 else "worse"), surest


def verdict(course: Course, wider: float) -> Verdict:
    """The first look at which grading may stop."""
    for look in course.looks:
        word, claimed = word_at(look, wider)
        if word != "open" and look.grades >= MINIMUM and not look.biased:
            return Verdict(word, claimed, look.grades, is_right(word, course.truth))
    return Verdict("open", claimed, course.looks[-1].grades, False)


def is_right(word: str, truth: float) -> bool:
    """Whether the word is true of the delta by all grades."""
    return abs(truth) < MARGIN if word == "equal" else (truth > 0) == (word == "better") and truth != 0


def gap(courses: Sequence[Course], wider: float) -> tuple[float, float, int]:
    """The claimed and the true share of the decided courses, and how many these are."""
    decided = [one for one in (verdict(course, wider) for course in courses) if one.word != "open"]
    if not decided:
        return 1.0, 1.0, 0
    return (
        float(np.mean([one.claimed for one in decided])),
        float(np.mean([one.right for one in decided])),
        len(decided),
    )


def fitted(courses: Sequence[Course]) -> float:
    """The smallest of FACTORS at which no more is claimed than is true; else the one with the smallest gap.

    Each collection counts the same, however many pairs it has. 1.0 without a course.
    """
    if not courses:
        return 1.0
    parts = list(by_collection(courses).values())
    gaps = {wider: float(np.mean([(found := gap(part, wider))[0] - found[1] for part in parts])) for wider in FACTORS}
    return min(FACTORS, key=lambda wider: (gaps[wider] > 0, wider if gaps[wider] <= 0 else gaps[wider]))


def by_collection(courses: Sequence[Course]) -> dict[str, list[Course]]:
    """Name of a collection -> its courses, the names in their order."""
    names = sorted({one.block.split("/")[0] for one in courses})
    return {name: [one for one in courses if one.block.split("/")[0] == name] for name in names}


def of_other_collections(courses: Sequence[Course]) -> list[tuple[Course, Verdict, float]]:
    """Each course with its verdict by the factor of the other collections: what a new collection can count on."""
    found = []
    for name, tested in by_collection(courses).items():
        wider = fitted([one for one in courses if one.block.split("/")[0] != name])
        found += [(one, verdict(one, wider), wider) for one in tested]
    return found


def cross_validated(courses: Sequence[Course]) -> list[tuple[Course, Verdict, float]]:
    """Each course with its verdict by the factor of courses that share neither its queries nor its pair."""
    pairs = sorted({tuple(sorted((one.a, one.b))) for one in courses})
    fold = {pair: place % PAIR_FOLDS for place, pair in enumerate(pairs)}
    found = []
    for block in sorted({one.block for one in courses}):
        for part in range(PAIR_FOLDS):
            tested = [one for one in courses if one.block == block and fold[tuple(sorted((one.a, one.b)))] == part]
            others = [one for one in courses if one.block != block and fold[tuple(sorted((one.a, one.b)))] != part]
            wider = fitted(others)
            found += [(one, verdict(one, wider), wider) for one in tested]
    return found


def forecasts(courses: Sequence[Course], wider: float, most: int = 3) -> list[tuple[int, int, int]]:
    """(fewest, most, needed) more grades, as said at up to `most` looks of each course that are still open."""
    paths, found = normal_paths(0), []
    for course in courses:
        end = verdict(course, wider)
        still = [look for look in course.looks if look.grades < end.grades]
        for look in still[:: max(1, len(still) // most)][:most]:
            goal = Goal(CONFIDENCE, MARGIN, max(0, MINIMUM - look.grades))
            left = np.array(look.left) * wider**2
            low, high = forecast(look.delta, np.array(look.counts), left, goal, paths)
            scale = 1 / (1 - SHARE)
            found.append((int(np.ceil(low * scale)), int(np.ceil(high * scale)), end.grades - look.grades))
    return found
