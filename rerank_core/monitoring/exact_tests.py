"""Exact tests for times and shares: no shape of a distribution is assumed, and no threshold is a matter of taste.

All of them take requests as independent draws. Each returns the probability of what was seen, or more of it, where
nothing changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any


def over_budget(ms: Sequence[float] | Any, quantile: float, budget: float) -> float:
    """That the quantile of all requests lies within the budget, and yet so many of these took longer.

    The number of requests over a quantile is binomial, whatever the times are: the quantile test (Conover, "Practical
    Nonparametric Statistics", 3rd edition 1999, chapter 3.2). 1.0 where there are no requests.
    """
    import numpy as np
    from scipy.stats import binom

    times = np.asarray(ms, dtype=np.float64)
    if not len(times):
        return 1.0
    return float(binom.sf(int((times > budget).sum()) - 1, len(times), 1 - quantile))


def slower(reference: Sequence[float] | Any, ms: Sequence[float] | Any, quantile: float) -> tuple[float, float, float]:
    """(p, the reference's quantile, that of `ms`): that times are the same, and yet so many lie above the quantile.

    How many of n new values lie above the r-th of m old ones is beta-binomial (n, m − r + 1, r), whatever the times
    are: a precedence test (Balakrishnan and Ng, "Precedence-Type Tests and Applications", 2006, chapter 3, doi
    10.1002/0471792713). It sees that more requests are slow than were, not how slow the slow ones are. Equal times
    count as not above, so that a coarse clock alarms less. (1.0, nan, nan) where a window is empty.
    """
    import numpy as np
    from scipy.stats import betabinom

    old, new = np.sort(np.asarray(reference, dtype=np.float64)), np.asarray(ms, dtype=np.float64)
    m, n = len(old), len(new)
    if not m or not n:
        return 1.0, float("nan"), float("nan")
    place = min(m, max(1, ceil(quantile * m)))
    above = int((new > old[place - 1]).sum())
    p = float(betabinom.sf(above - 1, n, m - place + 1, place))
    return min(1.0, p), float(old[place - 1]), float(np.quantile(new, quantile))


def more_often(before: int, of_before: int, now: int, of_now: int) -> float:
    """That a share is what it was, and yet it is so much higher now: Fisher's exact test, one-sided.

    Given how many there are in both windows together, those in one of them are hypergeometric (Fisher, "Statistical
    Methods for Research Workers", 5th edition 1934, section 21.02). 1.0 where a window is empty.
    """
    from scipy.stats import hypergeom

    if not of_before or not of_now:
        return 1.0
    return float(hypergeom.sf(now - 1, of_before + of_now, before + now, of_now))
