"""Whether grading may stop, and about how many grades that still takes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.curvature import curvature
from rerank_core.judging.next_grade.grade_prior import Coefficients, trial_design
from rerank_core.judging.next_grade.outlook import Outlook
from rerank_core.judging.next_grade.random_check import RandomCheck
from rerank_core.judging.next_grade.worth import pull_on_coefficients, shared_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

MINIMUM = 20
"""Grades below which nothing is decided, whatever P says: so few say little about the prior."""
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class VerdictStanding:
    """What the grades so far say of the mean delta (nDCG@k of b less that of a) that full judgement would find.

    Random are the missing grades, given the model of `grade_prior`; the queries are not a sample here, so nothing is
    said of other queries. `p_better`: P(mean delta > 0), with half of P(it is 0). `delta`: its expectation; `low` to
    `high`: where it lies with probability `confidence`. `more`: about how many more grades until p_better is beyond
    `confidence` either way, if the delta is as large as it probably is (0: it is there; None: no number will do).
    `reason`: why grading may stop or may not, a sentence. `grades`: how many grades of these two systems' passages
    count.
    """

    p_better: float
    delta: float
    low: float
    high: float
    more: int | None
    may_stop: bool
    reason: str
    grades: int
    confidence: float


def standing(
    draws: NDArray[np.float64],
    grades: int,
    left: float,
    confidence: float,
    more: int | None,
    check: RandomCheck,
) -> VerdictStanding:
    """From draws of the mean delta; `left`: the standard deviation that missing grades leave to it."""
    above, level = float((draws > _NOTHING).mean()), float((np.abs(draws) <= _NOTHING).mean())
    p = above + level / 2.0
    low, high = np.quantile(draws, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    decided = max(p, 1.0 - p) >= confidence
    may_stop, reason = _reason(decided, p, grades, left, confidence, check)
    if may_stop or decided:
        more = max(0, MINIMUM - grades) if decided and not may_stop else 0
    return VerdictStanding(p, float(draws.mean()), float(low), float(high), more, may_stop, reason, grades, confidence)


def _reason(
    decided: bool, p: float, grades: int, left: float, confidence: float, check: RandomCheck
) -> tuple[bool, str]:
    if left <= _NOTHING:
        return True, "No missing grade can change the difference between the two."
    if grades < MINIMUM:
        return False, f"Fewer than {MINIMUM} grades: too few to check the model."
    if not decided:
        return (
            False,
            f"One of the two is better with a probability of {max(p, 1.0 - p):.0%}, not yet {confidence:.0%}.",
        )
    if check.biased:
        return False, "The randomly drawn passages have other grades than predicted: the probability may be wrong."
    return True, f"One of the two is better with a probability of {confidence:.0%} or more."


def grades_until(
    table: PairTable,
    seen: Outlook,
    coefficients: Coefficients,
    worth: NDArray[np.float64],
    delta: float,
    confidence: float,
    random_share: float,
) -> int | None:
    """How many more grades, the most worth first, until a mean delta of this size is that many deviations off 0.

    After m grades the variance left is that of the other passages' own grades, and that of the coefficients with the
    information of m more grades. The smallest m by bisection; grades of the random share are counted on top, as if they
    helped with nothing. None where the delta is 0, or all is random.
    """
    from scipy.special import ndtri

    if delta <= _NOTHING or random_share >= 1.0:
        return None
    order = np.argsort(-worth, kind="stable")
    allowed = (delta / float(ndtri(confidence))) ** 2
    few, many = 0, 1
    # by doubling first: a small number is the usual answer, and large ones cost the most
    while many < len(order) and _variance_after(table, seen, coefficients, order[:many]) > allowed:
        few, many = many + 1, 2 * many
    many = min(many, len(order))
    while few < many:
        middle = (few + many) // 2
        if _variance_after(table, seen, coefficients, order[:middle]) <= allowed:
            many = middle
        else:
            few = middle + 1
    return ceil(many / (1.0 - random_share))


def _variance_after(table: PairTable, seen: Outlook, coefficients: Coefficients, graded: NDArray[np.int64]) -> float:
    graded = np.sort(graded)
    left = np.ones(len(seen.rows), dtype=np.bool_)
    left[graded] = False
    rows, levels = seen.rows[graded], coefficients.levels
    before = np.cumprod(np.pad(seen.passed[graded], ((0, 0), (1, 0)), constant_values=1.0), axis=1)[:, :-1]
    weight = (before * seen.passed[graded] * (1.0 - seen.passed[graded])).ravel()
    again = np.repeat(rows, levels)
    told = curvature(
        trial_design(table, again, np.tile(np.arange(levels), len(rows)), levels),
        table.own[again],
        table.query[again],
        weight,
        len(table.qids),
    )
    rest = seen.only(left)
    covariance = (coefficients.curvature + told).inverse()
    return float(rest.variances().sum()) + shared_variance(pull_on_coefficients(table, rest), covariance)
