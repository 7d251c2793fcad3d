"""Do the randomly drawn passages get the grades that the others predict? That is what makes the probability honest.

The queue asks for the grades that matter most, which are no fair sample: a model fitted to them could be wrong about
the rest, and nobody would see it. A passage that was drawn at random from what was ungraded could have been any of the
pool. So the model is fitted without the random share, predicts its grades, and the sums are compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.grade_prior import GradePrior
from rerank_core.judging.next_grade.ideal import Ideal
from rerank_core.judging.next_grade.outlook import outlook_of_gain
from rerank_core.judging.next_grade.worth import pull_on_coefficients, shared_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

FEWEST = 10
_FAR = 3.0


@dataclass(frozen=True, slots=True)
class RandomCheck:
    """The random share against what the other grades predict for it.

    `n`: grades that were drawn at random. `expected` and `found`: their mean gain. `z_gain`: the difference of these in
    standard deviations; `z_delta`: the same of the sum of gap * gain, which is what would tilt the verdict. Both allow
    for chance in the grades and for what the fit does not know; None with fewer than FEWEST. `biased`: either is beyond
    3 (about 1 in 200 where the model is right); None where there are too few to say.
    """

    n: int
    expected: float | None
    found: float | None
    z_gain: float | None
    z_delta: float | None
    biased: bool | None


def random_check(
    table: PairTable,
    prior: GradePrior,
    ideal: Ideal,
    index: NDArray[np.int64],
    random: NDArray[np.bool_],
) -> RandomCheck:
    """`index`: row -> place of its grade in the scale, -1: none; `random`: row -> whether it was drawn at random."""
    rows = np.flatnonzero((index >= 0) & random)
    if len(rows) < FEWEST:
        return RandomCheck(len(rows), None, None, None, None, None)
    others = np.flatnonzero((index >= 0) & ~random)
    fitted = prior.fit(others, index[others])
    gains = ideal.gains[index[rows]]
    expected, scores = 0.0, []
    for weights in (np.ones(len(rows)), table.gap[rows]):
        seen = outlook_of_gain(table, rows, fitted, ideal, weights)
        pull = pull_on_coefficients(table, seen)
        variance = float(seen.variances().sum()) + shared_variance(pull, fitted.covariance)
        off = float((weights * gains).sum() - seen.expected().sum())
        scores.append(off / sqrt(variance) if variance > 0.0 else 0.0)
        expected = expected or float(seen.expected().mean())
    biased = max(abs(score) for score in scores) > _FAR
    return RandomCheck(len(rows), expected, float(gains.mean()), scores[0], scores[1], biased)
