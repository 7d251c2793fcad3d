"""How much a number of queries can show: the detectable difference, and how many queries a difference needs."""

from __future__ import annotations

from math import ceil, sqrt


def detectable_difference(spread: float, n: int, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """The true mean delta that `n` queries would show with probability `power` in a two-sided test at `alpha`.

    `spread`: the standard deviation of the per-query deltas (n - 1 in its denominator).
    (t(1 - alpha/2) + t(power)) * spread / sqrt(n), t of Student with n - 1 degrees of freedom: the paired t-test's
    design formula (as in Sakai 2016, doi:10.1007/s10791-015-9273-z, approximated). None for fewer than two queries.
    """
    if n < 2:
        return None
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, 1.0 - alpha / 2.0) + stdtrit(n - 1, power)) * spread / sqrt(n)


def queries_needed(spread: float, difference: float, power: float = 0.8, alpha: float = 0.05) -> int | None:
    """The smallest number of queries (2 or more) that would show `difference`, of either sign, with that power.

    It takes the observed difference and spread for the true ones, so it is a guide and no promise. From a million
    queries on it is approximate. None where no number of queries would do: a difference of 0 (1e-9 or less).
    """
    if abs(difference) <= 1e-9:
        return None
    from scipy.special import ndtri

    # The normal quantiles lie below Student's, so the search starts at or under the answer, and soon ends.
    n: int = max(2, ceil(((ndtri(1.0 - alpha / 2.0) + ndtri(power)) * spread / difference) ** 2))
    while n < 1_000_000 and (detectable_difference(spread, n, power, alpha) or 0.0) > abs(difference):
        n += 1
    return n
