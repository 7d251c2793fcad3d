"""Are two systems equal, as far as it matters: two one-sided tests against the smallest difference that matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt

from rerank_core.errors import SettingsError

DEFAULT_MARGIN = 0.02
"""Of a measure from 0 to 1, where nobody has said which difference matters to them."""
FEWEST = 10
"""Queries below which nothing is called equal: so few say too little about those that were not asked."""
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The test of "the mean difference is at least `margin`, one way or the other" over one delta per query.

    `p_value`: the larger of the two one-sided ones. `low` to `high`: the interval at 1 - 2 * ALPHA (90 %), which lies
    within ±`margin` where `p_value` < ALPHA. `p_holm`: corrected for several systems that were compared at once.
    """

    margin: float
    low: float
    high: float
    p_value: float
    p_holm: float

    @property
    def holds(self) -> bool:
        """Whether the two are equal within the margin: a difference of the margin or more is ruled out, at 5 %."""
        return self.p_holm < ALPHA


def equivalence(deltas: Sequence[float], margin: float, guard: bool = True) -> Equivalence | None:
    """Two one-sided paired t-tests (TOST) of the mean of `deltas` against -`margin` and +`margin`.

    Schuirmann 1987, doi:10.1007/BF01068419; as an interval: Westlake 1981, doi:10.2307/2530259. `guard`: each test has
    one more delta, the largest that was seen, on its own side. Rerankers often tie on most queries and differ much on a
    few, and then the few that were drawn say too little. A difference of the margin is called equal in at most 5 of 100
    samples where deltas are normal, skewed or mostly ties; without the guard in up to 13. Where differences are rare
    and near 1 (one query in fifty), 60 queries are too few also with it: up to 30, for 0.98^60 = 30 % of the samples
    hold none of them, and nothing in a sample tells of what is not in it. A bound that held for every measure from 0 to
    1 would need log(0.05) / log(1 - margin) = 148 queries at a margin of 0.02, whatever they say. The idea of
    the guard is that of the added observations of Agresti and Caffo 2000, doi:10.1080/00031305.2000.10474560.

    None where nothing can be said: fewer than `FEWEST` queries, or all deltas the same, so that there is no spread.
    Raises SettingsError for a margin that is not above 0.
    """
    check_margin(margin)
    if len(deltas) < FEWEST or max(deltas) - min(deltas) <= 1e-12:
        return None
    from scipy.special import stdtr, stdtrit

    largest = max(map(abs, deltas))
    above, below = ([*deltas, largest], [*deltas, -largest]) if guard else (deltas, deltas)
    (top, top_error), (bottom, bottom_error) = _mean_and_error(above), _mean_and_error(below)
    freedom = len(above) - 1
    reach = float(stdtrit(freedom, 1.0 - ALPHA))
    p_value = max(
        float(stdtr(freedom, (top - margin) / top_error)), float(stdtr(freedom, -(bottom + margin) / bottom_error))
    )
    return Equivalence(margin, bottom - reach * bottom_error, top + reach * top_error, p_value, p_value)


def check_margin(margin: float) -> float:
    """The margin, if it is one: above 0 and at most 1. Raises SettingsError."""
    if not isfinite(margin) or not 0 < margin <= 1:
        raise SettingsError(f"The smallest difference that matters must lie above 0 and up to 1, not {margin!r}.")
    return margin


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    n = len(values)
    mean = fsum(values) / n
    return mean, sqrt(fsum((value - mean) ** 2 for value in values) / (n - 1) / n)
