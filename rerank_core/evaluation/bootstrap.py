"""A confidence interval for a mean difference, by the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Literal


@dataclass(frozen=True, slots=True)
class Interval:
    """`low` to `high` at `confidence`. `method`: "BCa"; "percentile" where BCa is not defined on these deltas.

    "constant": every delta is the same, so that resampling cannot show any spread: the interval has no width and says
    nothing about other queries.
    """

    low: float
    high: float
    confidence: float
    method: Literal["BCa", "percentile", "constant"]
    seed: int
    resamples: int


def mean_interval(
    deltas: Sequence[float], seed: int = 0, confidence: float = 0.95, resamples: int = 9_999, widen: bool = True
) -> Interval | None:
    """The bootstrap interval of the mean of `deltas` (one per query), bias-corrected and accelerated.

    None for fewer than two deltas. BCa: Efron 1987, doi:10.1080/01621459.1987.10478410, as scipy computes it. `widen`
    asks it for a little more than `confidence`, to make up for the spread that resampling few values understates:
    Hesterberg 2015, doi:10.1080/00031305.2015.1089789 (0.95 becomes 0.9564 at n = 60 and 0.9829 at n = 10).
    On skewed deltas it covers the truth in 95 of 100 cases at 60 queries, in 92 at 15 (tests/bench/intervals.py).
    """
    n = len(deltas)
    if n < 2:
        return None
    if max(deltas) - min(deltas) <= 1e-12:
        return Interval(min(deltas), max(deltas), confidence, "constant", seed, resamples)
    nominal = _widened(confidence, n) if widen else confidence
    low, high = _bootstrap(deltas, seed, nominal, resamples, "BCa")
    if isfinite(low) and isfinite(high):
        return Interval(low, high, confidence, "BCa", seed, resamples)
    low, high = _bootstrap(deltas, seed, nominal, resamples, "percentile")
    return Interval(low, high, confidence, "percentile", seed, resamples)


def _widened(confidence: float, n: int) -> float:
    from scipy.special import ndtr, stdtrit

    tail = (1.0 - confidence) / 2.0
    return float(1.0 - 2.0 * ndtr(sqrt(n / (n - 1)) * stdtrit(n - 1, tail)))


def _bootstrap(
    deltas: Sequence[float], seed: int, confidence: float, resamples: int, method: str
) -> tuple[float, float]:
    import warnings

    import numpy as np
    from scipy.stats import bootstrap

    with warnings.catch_warnings():
        # scipy warns and answers NaN where BCa is not defined; that answer is dealt with above.
        warnings.simplefilter("ignore")
        outcome = bootstrap(
            (np.asarray(deltas, dtype=float),),
            np.mean,
            n_resamples=resamples,
            batch=max(1, 1_000_000 // len(deltas)),
            confidence_level=confidence,
            method=method,
            rng=np.random.default_rng(seed),
        )
    return float(outcome.confidence_interval.low), float(outcome.confidence_interval.high)
