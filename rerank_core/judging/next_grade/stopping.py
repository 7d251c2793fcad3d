"""Whether grading may stop, and what grades to come leave open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.curvature import curvature
from rerank_core.judging.next_grade.decision import Word
from rerank_core.judging.next_grade.forecast import Goal
from rerank_core.judging.next_grade.grade_prior import Coefficients, trial_design
from rerank_core.judging.next_grade.outlook import Outlook
from rerank_core.judging.next_grade.random_check import RandomCheck
from rerank_core.judging.next_grade.worth import pull_on_coefficients, shared_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

MINIMUM = 20
"""Grades below which nothing is decided, whatever P says: so few say little about the prior."""
CHECKED = (
    "Checked on known grades: where grading stopped, 94 of 100 verdicts were right on product search (97 claimed), "
    "100 of 100 on web passages (98 claimed)."
)
"""What `python -m tests.bench stop` found on each of its collections, in words; they differ more than their claims."""
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True)
class VerdictStanding:
    """What the grades so far say of the mean delta (nDCG@k of b less that of a) that full judgement would find.

    Random are the missing grades, given the model of `grade_prior`; the queries are not a sample here, so nothing is
    said of other queries. `p_better`: P(mean delta > 0), with half of P(it is 0). `p_equal`: P(it lies within
    ±`margin`). `word`: what one of the two says with the probability `confidence`, "open" where neither does; equal
    goes first, as in every verdict. `delta`: the expectation; `low` to `high`: where it lies with that probability.
    `more`: how many more grades until the word is there, from the fewest to the most, which holds four times in five
    ((0, 0): it is there; None: no number will do). `reason`: why grading may stop or may not, a sentence. `grades`: how
    many grades of these two systems' passages count.
    """

    p_better: float
    p_equal: float
    word: Word
    delta: float
    low: float
    high: float
    more: tuple[int, int] | None
    may_stop: bool
    reason: str
    grades: int
    confidence: float
    margin: float

    @property
    def claimed(self) -> float:
        """The probability of what the word says; of the likelier of better and worse where it is open."""
        return self.p_equal if self.word == "equal" else max(self.p_better, 1.0 - self.p_better)


def standing(
    draws: NDArray[np.float64],
    grades: int,
    left: float,
    goal: Goal,
    more: tuple[int, int] | None,
    check: RandomCheck,
) -> VerdictStanding:
    """From draws of the mean delta; `left`: the standard deviation that missing grades leave to it.

    Equal within a margin, as a probability: the share of the draws in the region of practical equivalence (Kruschke
    2018, doi:10.1177/2515245918771304).
    """
    above, level = float((draws > _NOTHING).mean()), float((np.abs(draws) <= _NOTHING).mean())
    p_better, p_equal = above + level / 2.0, float((np.abs(draws) < goal.margin).mean())
    word: Word = "open"
    if p_equal >= goal.confidence:
        word = "equal"
    elif max(p_better, 1.0 - p_better) >= goal.confidence:
        word = "better" if p_better > 0.5 else "worse"
    low, high = np.quantile(draws, [(1.0 - goal.confidence) / 2.0, (1.0 + goal.confidence) / 2.0])
    may_stop, reason = _reason(word, max(p_better, 1.0 - p_better), grades, left, goal, check)
    if may_stop:
        more = (0, 0)
    elif word != "open":
        more = (max(0, goal.fewest - grades),) * 2
    return VerdictStanding(
        p_better, p_equal, word, float(draws.mean()), float(low), float(high), more, may_stop, reason, grades,
        goal.confidence, goal.margin,
    )  # fmt: skip


def _reason(word: Word, surest: float, grades: int, left: float, goal: Goal, check: RandomCheck) -> tuple[bool, str]:
    if left <= _NOTHING:
        return True, "No missing grade can change the difference between the two."
    if grades < goal.fewest:
        return False, f"Fewer than {goal.fewest} grades: too few to check the model."
    if word == "open":
        return False, f"One of the two is better with a probability of {surest:.0%}, not yet {goal.confidence:.0%}."
    if check.biased:
        return False, "The randomly drawn passages have other grades than predicted: the probability may be wrong."
    if word == "equal":
        return True, f"They differ by less than {goal.margin:g} with a probability of {goal.confidence:.0%} or more."
    return True, f"One of the two is better with a probability of {goal.confidence:.0%} or more."


def variances_ahead(
    table: PairTable, seen: Outlook, coefficients: Coefficients, worth: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """0, 1, 2, 4 ... and all grades that matter, the most worth first, and the variance that they leave to the delta.

    That of the other passages' own grades, and that of the coefficients with the information of these grades.
    """
    order = np.argsort(-worth, kind="stable")
    most = int((worth > 0).sum())
    doubled = 2 ** np.arange(int(np.log2(most)) + 1) if most else np.zeros(0, dtype=np.int64)
    counts = np.unique(np.concatenate(([0], doubled, [most]))).astype(np.int64)
    return counts, np.array([_variance_after(table, seen, coefficients, order[:count]) for count in counts])


def grades_until_left(
    table: PairTable, seen: Outlook, coefficients: Coefficients, worth: NDArray[np.float64], allowed: float
) -> int:
    """How many grades, the most worth first, until the missing ones leave the mean delta this variance at the most."""
    order = np.argsort(-worth, kind="stable")
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
    return many


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
