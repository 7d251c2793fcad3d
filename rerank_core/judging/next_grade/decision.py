"""What grading can still do to the verdict over queries like these, and how many grades that takes.

Two things are unknown: the missing grades of these queries, and other queries. Grading takes away the first only. From
draws of every query's delta as full judgement would find it (`delta_draws`) follow, for each draw, the mean m and its
standard error e over the queries; over the draws, the difference to come has the mean E[m] and the variance
var(m) + E[e]^2. Its second part is what stays when all is graded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np

from rerank_core.errors import SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Word = Literal["better", "worse", "equal", "open"]
WORDS: tuple[Word, ...] = ("better", "worse", "equal", "open")
HARDLY = 0.05
"""Below this chance that the verdict becomes another one, grading cannot decide it any more."""
_NARROW = 0.25


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the verdict on b against a stands, in nDCG@k of b less that of a, over queries like these.

    `word`: what the 95 % interval `low` to `high` says by now (for "equal": the 90 % one lies within ±`margin`). It
    predicts the missing grades; `seen` is what is said while they count as not relevant, as in every verdict.
    `left_low` to `left_high`: about what the interval becomes once all is graded: other queries remain unknown.
    `chances`: word -> P(full judgement of these queries says so). `passages`: how many grades, those that matter most
    first, until the word is expected to be settled or the missing grades widen the interval no more; 0: none.
    `queries`: over how many.
    """

    word: Word
    seen: Word
    delta: float
    low: float
    high: float
    left_low: float
    left_high: float
    margin: float
    chances: Mapping[Word, float]
    passages: int
    queries: int

    @property
    def can_change(self) -> float:
        """P(the word is another one once all is graded)."""
        return 1.0 - self.chances[self.word]

    @property
    def is_over(self) -> bool:
        """Whether grading is at its end here: nothing that matters is left, or it would hardly change the word.

        A word that only the predictions say is not settled: predictions may be wrong, and grades will tell.
        """
        return self.passages == 0 or (self.word == self.seen and self.can_change < HARDLY)

    @property
    def settled(self) -> Word:
        """The word, once grading is over; "open" before."""
        return self.seen if self.is_over else "open"


@dataclass(frozen=True, slots=True)
class Spread:
    """The difference to come: its mean, and the standard deviations that missing grades and other queries give it.

    `t_95`, `t_90`: half the width of the intervals, in standard deviations.
    """

    delta: float
    size: float
    of_grades: float
    of_queries: float
    t_95: float
    t_90: float

    def reach(self, of_grades: float, times: float) -> float:
        """Half an interval, where missing grades leave this standard deviation."""
        return times * sqrt(of_grades**2 + self.of_queries**2)

    def word(self, margin: float) -> Word:
        """What the intervals say."""
        return _word(self.delta, self.reach(self.of_grades, self.t_95), self.reach(self.of_grades, self.t_90), margin)

    def allowed(self, margin: float, seen: Word) -> float:
        """The variance that missing grades may leave for a settled word, if the delta is as large as it probably is.

        Where other queries alone leave too much for that, or the word is predicted and not seen yet: a sixteenth of
        theirs, which widens the interval by 3 %.
        """
        if self.word(margin) not in ("open", seen):
            return (_NARROW * self.of_queries) ** 2
        room = max(self.size / self.t_95, (margin - self.size) / self.t_90 if self.size < margin else 0.0)
        left = room**2 - self.of_queries**2
        return left if left > 0 else (_NARROW * self.of_queries) ** 2


def spread_of(deltas: NDArray[np.float64]) -> Spread:
    """From draws of every query's delta, shape (Q, draws), of two queries or more."""
    from scipy.special import stdtrit

    queries = deltas.shape[0]
    means = deltas.mean(axis=0)
    of_queries = float(np.median(_errors(deltas)))
    t_95, t_90 = float(stdtrit(queries - 1, 0.975)), float(stdtrit(queries - 1, 0.95))
    size = abs(float(np.median(means)))
    return Spread(float(means.mean()), size, float(means.std()), of_queries, t_95, t_90)


def word_of(deltas: NDArray[np.float64], margin: float) -> Word:
    """What Student's intervals of the mean of these deltas, one per query and two or more, say."""
    spread = spread_of(deltas[:, None])
    return spread.word(margin)


def check_margin(margin: float) -> None:
    """Raises SettingsError for a margin that is not above 0."""
    if margin <= 0:
        raise SettingsError(f"The smallest difference that matters must be above 0, not {margin!r}.")


def decision(deltas: NDArray[np.float64], spread: Spread, margin: float, seen: Word, passages: int) -> Decision:
    """From draws as in `spread_of`; `passages`: how many grades it takes."""
    means, errors = deltas.mean(axis=0), _errors(deltas)
    words = _words(means, spread.t_95 * errors, spread.t_90 * errors, margin)
    chances = {word: float((words == place).mean()) for place, word in enumerate(WORDS)}
    now, left = spread.reach(spread.of_grades, spread.t_95), spread.reach(0.0, spread.t_95)
    middle = spread.delta
    return Decision(
        spread.word(margin), seen, middle, middle - now, middle + now, middle - left, middle + left, margin, chances,
        passages, deltas.shape[0],
    )  # fmt: skip


def _errors(deltas: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = deltas.std(axis=0, ddof=1) / sqrt(deltas.shape[0])
    return found


def _word(delta: float, reach_95: float, reach_90: float, margin: float) -> Word:
    return WORDS[int(_words(np.array([delta]), np.array([reach_95]), np.array([reach_90]), margin)[0])]


def _words(
    deltas: NDArray[np.float64], reach_95: NDArray[np.float64], reach_90: NDArray[np.float64], margin: float
) -> NDArray[np.int64]:
    """Places in `WORDS`: equal goes first, as in the verdict itself."""
    words = np.full(len(deltas), WORDS.index("open"), dtype=np.int64)
    words[deltas - reach_95 > 0] = WORDS.index("better")
    words[deltas + reach_95 < 0] = WORDS.index("worse")
    words[(deltas - reach_90 > -margin) & (deltas + reach_90 < margin)] = WORDS.index("equal")
    return words
