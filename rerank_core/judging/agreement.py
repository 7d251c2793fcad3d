"""How far judges agree beyond chance: Cohen's kappa for two, Krippendorff's alpha for any number, with an interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Weights = Literal["none", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient: 1 is full agreement, 0 what chance alone gives, below 0 less than that.

    `low` to `high`: the percentile bootstrap interval at `confidence`, drawing the `units` (graded pairs) again with
    their grades. It shows how far the coefficient depends on which pairs were graded, not on who judged. With full
    agreement it has no width.
    """

    value: float
    low: float
    high: float
    units: int
    confidence: float
    seed: int


def kappa(
    pairs: Iterable[tuple[int, int]],
    weights: Weights = "none",
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = 2_000,
) -> Agreement | None:
    """Cohen's kappa; `pairs`: what the two judges gave, one tuple for each pair that both graded.

    "none": any two different grades disagree alike (Cohen 1960, doi 10.1177/001316446002000104); "quadratic": by the
    square of their distance (Cohen 1968, doi 10.1037/h0026256). None for fewer than two pairs, and where chance leaves
    no room for disagreement, as both gave the same single grade throughout.
    """
    import numpy as np

    patterns = Counter(pairs)
    grades = np.array(sorted({grade for pattern in patterns for grade in pattern}), dtype=float)
    place = {grade: at for at, grade in enumerate(grades)}
    tables = np.zeros((len(patterns), len(grades), len(grades)))
    for at, (one, other) in enumerate(patterns):
        tables[at, place[one], place[other]] = 1.0
    apart = (grades[:, None] - grades) ** 2
    if weights == "none":
        apart = np.sign(apart)

    def statistic(counts: Array) -> Array:
        totals = np.tensordot(counts, tables, 1)
        by_chance = totals.sum(2)[:, :, None] * totals.sum(1)[:, None, :]
        return _beyond_chance((totals * apart).sum((1, 2)) * counts.sum(1), (by_chance * apart).sum((1, 2)))

    return _agreement(patterns.values(), statistic, seed, confidence, resamples)


def alpha(
    units: Iterable[Sequence[int]],
    level: Level = "ordinal",
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = 2_000,
) -> Agreement | None:
    """Krippendorff's alpha; `units`: the grades of each pair, in any order, one a judge who graded it.

    Pairs with fewer than two grades say nothing and are left out. By coincidence matrices, as in Krippendorff 2011,
    "Computing Krippendorff's Alpha-Reliability" (repository.upenn.edu/asc_papers/43). None for fewer than two pairs
    that count, and where all their grades are the same.
    """
    import numpy as np

    patterns = Counter(tuple(sorted(unit)) for unit in units if len(unit) > 1)
    grades = np.array(sorted({grade for pattern in patterns for grade in pattern}), dtype=float)
    place = {grade: at for at, grade in enumerate(grades)}
    coincidences = np.zeros((len(patterns), len(grades), len(grades)))
    for at, pattern in enumerate(patterns):
        for one, other in permutations(pattern, 2):
            coincidences[at, place[one], place[other]] += 1 / (len(pattern) - 1)

    def statistic(counts: Array) -> Array:
        totals = np.tensordot(counts, coincidences, 1)
        given = totals.sum(2)
        apart = _distances(grades, given, level)
        by_chance = given[:, :, None] * given[:, None, :]
        return _beyond_chance((totals * apart).sum((1, 2)) * (given.sum(1) - 1), (by_chance * apart).sum((1, 2)))

    return _agreement(patterns.values(), statistic, seed, confidence, resamples)


def _distances(grades: Array, given: Array, level: Level) -> Array:
    """The squared distance of each two grades, (draws or 1, grades, grades); `given`: how often each was given."""
    import numpy as np

    # ordinal: how many values lie between two grades, each grade's own counted half
    at = given.cumsum(1) - given / 2 if level == "ordinal" else grades[None, :]
    apart: Array = (at[:, :, None] - at[:, None, :]) ** 2
    return np.sign(apart) if level == "nominal" else apart


def _beyond_chance(observed: Array, expected: Array) -> Array:
    """One minus observed by expected disagreement; NaN where none is expected."""
    import numpy as np

    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1.0 - np.where(expected > 0, observed, np.nan) / expected)


def _agreement(
    counts: Iterable[int], statistic: Callable[[Array], Array], seed: int, confidence: float, resamples: int
) -> Agreement | None:
    """The coefficient of these counts of each pattern, and of as many units drawn from them again and again."""
    import numpy as np

    seen = np.array(list(counts), dtype=float)
    n = int(seen.sum())
    if n < 2:
        return None
    value = float(statistic(seen[None, :])[0])
    if np.isnan(value):
        return None
    draws = statistic(np.random.default_rng(seed).multinomial(n, seen / n, resamples).astype(float))
    tail = (1 - confidence) / 2 * 100
    # a draw in which all grades are the same has no coefficient
    valid = draws[~np.isnan(draws)]
    low, high = np.percentile(valid if len(valid) else [value], [tail, 100 - tail])
    return Agreement(value, float(low), float(high), n, confidence, seed)
