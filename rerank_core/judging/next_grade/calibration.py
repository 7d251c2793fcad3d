"""Do the predicted grades come true? Each grade predicted from the others, and compared in bins."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.grade_prior import GradePrior, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """Grades with about the same predicted chance of being above the scale's lowest: `n` of them, `predicted` (mean).

    `seen`: the share that was, with its 95 % interval `low` to `high` (Wilson, doi 10.1080/01621459.1927.10502953).
    """

    predicted: float
    seen: float
    n: int
    low: float
    high: float


def predictions(
    table: PairTable, prior: GradePrior, index: NDArray[np.int64], rows: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """P(grade above the lowest) of graded `rows`, each from a fit to four fifths of the grades, its own not among them.

    `index`: row -> place of its grade in the scale, -1: none.
    """
    graded = np.flatnonzero(index >= 0)
    fold = np.full(len(index), -1)
    fold[graded] = np.random.default_rng(seed).permutation(len(graded)) % _FOLDS
    chances = np.zeros(len(index))
    for one in range(_FOLDS):
        others = graded[fold[graded] != one]
        fitted = prior.fit(others, index[others])
        chances = np.where(fold == one, sigmoid(fitted.logits(table)[:, 0]), chances)
    return chances[rows]


def bins(predicted: NDArray[np.float64], seen: NDArray[np.bool_], most: int = 8, fewest: int = 10) -> list[Bin]:
    """Equally filled bins, the lowest prediction first: at most `most`, of `fewest` or more; empty without grades."""
    if not len(predicted):
        return []
    order = np.argsort(predicted, kind="stable")
    result = []
    for part in np.array_split(order, max(1, min(most, len(order) // fewest))):
        share, n = float(seen[part].mean()), len(part)
        low, high = _wilson(share, n)
        result.append(Bin(float(predicted[part].mean()), share, n, low, high))
    return result


def _wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)
