"""Could chance have done it: the paired randomisation test, and Holm's correction over several of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_EXACT_UP_TO = 16
_BATCH = 1_000


def randomisation_p(deltas: Sequence[float], seed: int = 0, samples: int = 10_000) -> float | None:
    """The two-sided p-value of "both systems are the same": how often swapping them by chance gives as large a mean.

    `deltas`: one per query. Each sign is flipped or not, on its own (Smucker, Allan and Carterette 2007,
    doi:10.1145/1321440.1321528). Zeros change nothing. With up to 16 other deltas every flip is counted, and the value
    is exact; else `samples` random ones, seeded, p = (1 + as large) / (1 + samples), so that it is never 0.
    1.0 where all deltas are 0; None where there are none.
    """
    if not deltas:
        return None
    moved = [delta for delta in deltas if delta]
    if not moved:
        return 1.0
    return _exact(moved) if len(moved) <= _EXACT_UP_TO else _sampled(moved, seed, samples)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Name -> p-value adjusted for the number of comparisons made (Holm 1979, Scand. J. Statist. 6:65-70).

    The smallest of m is multiplied by m, the next by m - 1, and so on; never falling, never above 1. Order as given.
    """
    adjusted: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def _exact(deltas: Sequence[float]) -> float:
    import numpy as np

    sums = np.zeros(1)
    for delta in deltas:
        sums = np.concatenate([sums + delta, sums - delta])
    return float(np.mean(np.abs(sums) >= _threshold(deltas)))


def _sampled(deltas: Sequence[float], seed: int, samples: int) -> float:
    import numpy as np

    values, rng, as_large = np.asarray(deltas, dtype=float), np.random.default_rng(seed), 0
    for start in range(0, samples, _BATCH):
        flips = rng.integers(0, 2, size=(min(_BATCH, samples - start), len(values)), dtype=np.int8)
        sums = values.sum() - 2.0 * (flips @ values)
        as_large += int(np.count_nonzero(np.abs(sums) >= _threshold(deltas)))
    return (1 + as_large) / (1 + samples)


def _threshold(deltas: Sequence[float]) -> float:
    """The observed sum, less what rounding can take from sums that are equal on paper."""
    return abs(sum(deltas)) - 1e-12 * sum(map(abs, deltas))
