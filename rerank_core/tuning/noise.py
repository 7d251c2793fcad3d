"""How large the best of several differences gets by chance alone, and what follows for intervals and p-values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLES = 10_000
CONFIDENCE = 0.95
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Corrected:
    """One system's held-out difference from the baseline, corrected for all that were tried.

    `mean`; `low` to `high`: the interval, which holds for all systems at once. `p_value`: how often chance alone gives
    the best of them a difference as large, two-sided. `widest`: the critical value, in standard errors.
    """

    mean: float
    low: float
    high: float
    p_value: float
    widest: float


def corrected(
    differences: Mapping[str, NDArray[np.float64]], seed: int = 0, samples: int = SAMPLES
) -> tuple[dict[str, Corrected], NDArray[np.float64]]:
    """System -> its corrected difference, and what pure noise reached: the largest mean of each sample.

    `differences`: system -> one difference per query, over the same queries. The signs of a query's differences are
    flipped together, so that systems that are alike stay alike (Westfall and Young 1993; single-step maximum of the
    studentised means as in Romano and Wolf 2005, doi:10.1111/j.1468-0262.2005.00615.x, with sign flips for
    permutations). The interval is mean ± the 95th percentile of that maximum, times the standard error; for one system
    it is close to Student's t interval. Differences without any spread have an interval without width.
    """
    import numpy as np

    names = list(differences)
    table = np.stack([differences[name] for name in names])
    n = table.shape[1]
    means = table.mean(axis=1)
    errors = table.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(len(names))
    squares = (table**2).sum(axis=1)
    rng = np.random.default_rng(seed)
    largest, reached = [], []
    for start in range(0, samples, _BATCH):
        signs = rng.integers(0, 2, size=(min(_BATCH, samples - start), n), dtype=np.int8) * 2.0 - 1.0
        flipped = signs @ table.T / n
        # flipping keeps the squares, so the spread of a sample follows from its mean
        spread = np.sqrt(np.maximum(squares / n - flipped**2, 0.0) / max(1, n - 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            statistic = np.where(spread > 0, np.abs(flipped) / spread, 0.0)
        largest.append(statistic.max(axis=1))
        reached.append(flipped.max(axis=1))
    maxima = np.concatenate(largest)
    widest = float(np.quantile(maxima, CONFIDENCE))
    result = {}
    for name, mean, error in zip(names, means, errors, strict=True):
        seen = abs(mean) / error if error > 0 else (np.inf if mean else 0.0)
        as_large = int(np.count_nonzero(maxima >= seen * (1 - 1e-12))) if seen else samples
        p_value = (1 + as_large) / (1 + samples) if seen else 1.0
        half = widest * error
        result[name] = Corrected(float(mean), float(mean - half), float(mean + half), min(1.0, p_value), widest)
    return result, np.concatenate(reached)
