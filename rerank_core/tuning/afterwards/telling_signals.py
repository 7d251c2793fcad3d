"""Which signal of the first stage tells on which queries reranking helps, and whether it tells more than chance would.

A signal is as good as the area between the gain so far, queries in its order, and that of a random order, in units of
its spread: the area of an uplift curve (Radcliffe 2007). The p-value permutes the gains over the queries and takes the
best of all signals each time (Westfall and Young 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.retrieval.first_stage_signals import SIGNALS
from rerank_core.systems.composites.spec import BELOW, FROM
from rerank_core.types import Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PERMUTATIONS = 2_000
OPTIONS = tuple((signal, side) for signal in SIGNALS for side in (BELOW, FROM))
"""What is tried: each signal, from either end."""


def signals_of(found: Sequence[Ranking]) -> Floats:
    """How early each query comes up for reranking by each option, the least first; shape (options, queries).

    Infinite where the signal cannot be read. Raises SettingsError where none can.
    """
    import numpy as np

    rows = []
    for signal, side in OPTIONS:
        read = [SIGNALS[signal](ranking) for ranking in found]
        # "at or above": the highest come first
        rows.append([np.inf if value is None else value if side == BELOW else -value for value in read])
    table = np.array(rows)
    if not np.isfinite(table).any():
        raise SettingsError(
            "The first stage gives no scores, so it has no signals: fuse by scores or ranks, not union."
        )
    return table


def _weights(order: Floats) -> Floats:
    """What each query's gain counts in the area under the gain so far, less a random order's; ties share."""
    import numpy as np

    n = len(order)
    values, places, counts = np.unique(order, return_inverse=True, return_counts=True)
    del values
    last = np.cumsum(counts)
    middle = last - (counts - 1) / 2.0
    return ((n + 1) / 2.0 - middle[places]) / n**2


def _statistics(signals: Floats, gains: Floats) -> Floats:
    """The area of each option in units of its spread; 0 for a signal that is the same everywhere. Shape (options,)."""
    import numpy as np

    weights = np.stack([_weights(row) for row in signals])
    size = np.sqrt((weights**2).sum(axis=1))
    return np.where(size > 0, weights @ gains / np.where(size > 0, size, 1.0), 0.0)


def best_option(signals: Floats, gains: Floats) -> int:
    """The place in `OPTIONS` of the one that orders the queries best. Shapes (options, queries) and (queries,)."""
    return int(_statistics(signals, gains).argmax())


def p_value(signals: Floats, gains: Floats, seed: int) -> float:
    """How often the best of the options orders permuted gains as well; 1.0 where no signal differs at all."""
    import numpy as np

    weights = np.stack([_weights(row) for row in signals])
    size = np.sqrt((weights**2).sum(axis=1))
    weights = weights[size > 0] / size[size > 0, None]
    if not len(weights):
        return 1.0
    seen = float((weights @ gains).max())
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.permutation(gains) for _ in range(PERMUTATIONS)], axis=1)
    best = (weights @ drawn).max(axis=0)
    return float((1 + np.count_nonzero(best >= seen - 1e-12)) / (1 + PERMUTATIONS))
