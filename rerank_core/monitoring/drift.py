"""Whether scores moved: a distance between two windows, and how far it goes by chance where nothing changed.

The distance is Wasserstein's of order 1, the area between the two distribution functions, in standard deviations of the
reference: scores that all rose by half a standard deviation are 0.5 away. Ramdas, García Trillos and Cuturi, "On
Wasserstein Two-Sample Testing and Related Families of Nonparametric Tests", Entropy 19(2), 2017, doi 10.3390/e19020047.

The scores of one request depend on each other: passages of one query are good or bad together. So requests are shuffled
between the windows as wholes, which makes an exact test as long as requests are exchangeable (Lehmann and Romano,
"Testing Statistical Hypotheses", 3rd edition 2005, chapter 15.2, doi 10.1007/0-387-27605-X).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_GRID = 129
MOST_REFERENCE = 5_000
"""Requests of the reference that are compared; more of them are thinned out evenly."""
MOST_SHUFFLES = 50_000
_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """`distance` in standard deviations of the reference, and `threshold`: what shuffles pass at the rate asked for.

    `level_before`, `level_now`: the mean over requests of their mean score; `spread_before`, `spread_now`: the standard
    deviation of all scores, each request weighing the same. `p`: the share of shuffles with such a distance or a larger
    one, the real windows included; `shuffles`: how many. `requests`, `reference`: how many had scores. `threshold` is
    None where the shuffling stopped early, as the distance was nothing special.
    """

    distance: float
    p: float
    threshold: float | None
    shuffles: int
    level_before: float
    level_now: float
    spread_before: float
    spread_now: float
    requests: int
    reference: int


def score_drift(
    reference: NDArray[np.object_], now: NDArray[np.object_], rate: float, seed: int = 0, stop_early: bool = False
) -> Drift | None:
    """Compare the scores of two windows, an array per request. `rate`: of false alarms, above 0 and below 1.

    `stop_early`: end once 20 shuffles went as far, where p is their share (Besag and Clifford, "Sequential Monte Carlo
    p-values", 1991, doi 10.1093/biomet/78.2.301). None where a window has no scores, or the reference has one value.
    """
    import numpy as np

    before, after = _with_scores(reference), _with_scores(now)
    if len(before) > MOST_REFERENCE:
        before = [before[place] for place in np.linspace(0, len(before) - 1, MOST_REFERENCE).astype(int)]
    if not before or not after:
        return None
    level_before, spread_before = _moments(before)
    level_now, spread_now = _moments(after)
    if spread_before <= 1e-12:
        return None
    everything = np.concatenate([*before, *after])
    grid = np.unique(np.quantile(everything, np.linspace(0, 1, _GRID)))
    below = np.stack([np.searchsorted(np.sort(own), grid[:-1], "right") / len(own) for own in (*before, *after)])
    weights = np.diff(grid) / spread_before
    below, total = below.astype(np.float32), below.sum(axis=0)
    m, n = len(before), len(after)

    def distance(part: Any) -> float:
        return float(np.abs((total - part) / m - part / n) @ weights)

    real = distance(below[m:].sum(axis=0))
    random = np.random.default_rng(seed)
    wanted = min(MOST_SHUFFLES, max(999, round(5 / rate)))
    found: list[float] = []
    as_far = 0
    for _ in range(wanted):
        found.append(distance(below[random.permutation(m + n)[:n]].sum(axis=0)))
        as_far += found[-1] >= real - 1e-9
        if stop_early and as_far >= _ENOUGH:
            break
    stopped = len(found) < wanted
    p = as_far / len(found) if stopped else (1 + as_far) / (1 + len(found))
    threshold = None if stopped else float(np.quantile(found, 1 - rate))
    return Drift(real, p, threshold, len(found), level_before, level_now, spread_before, spread_now, n, m)


def _with_scores(windows: Any) -> list[Any]:
    return [own for own in windows if len(own)]


def _moments(requests: list[Any]) -> tuple[float, float]:
    """Level and spread, each request weighing the same."""
    import numpy as np

    means = np.array([own.mean(dtype=np.float64) for own in requests])
    squares = np.array([(own.astype(np.float64) ** 2).mean() for own in requests])
    level = float(means.mean())
    return level, float(np.sqrt(max(0.0, squares.mean() - level**2)))
