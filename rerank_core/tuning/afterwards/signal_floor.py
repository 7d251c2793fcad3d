"""The floor of a signal, below which a query is reranked: fitted, and looked at on queries that did not choose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rerank_core.tuning.afterwards.telling_signals import best_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FOLDS = 5
SHARES = tuple(step / 10 for step in range(11))


def fit_floor(order: Floats, gains: Floats, margin: float) -> tuple[int, float]:
    """How many queries are reranked, and the value below which they are: the fewest that lose less than the margin.

    Against the best share of them by this signal. `order`: as `signals_of` gives it for one option, `gains`: of
    reranking, both of shape (queries,). The value is in the unit of `order`, infinite where all queries are reranked or
    none.
    """
    import numpy as np

    n = len(gains)
    by_order = np.argsort(order, kind="stable")
    so_far = np.concatenate([[0.0], np.cumsum(gains[by_order])]) / n
    enough = so_far >= so_far.max() - margin + 1e-12
    ranked = order[by_order]
    for count in range(n + 1):
        # a floor cannot tell apart queries with the same value
        apart = count in (0, n) or ranked[count - 1] < ranked[count]
        if enough[count] and apart and (count == n or count == 0 or np.isfinite(ranked[count - 1])):
            return count, _between(ranked, count)
    return n, float(np.inf)


def _between(ranked: Floats, count: int) -> float:
    """A value that lies above the first `count` of them and not above the next."""
    import numpy as np

    if count == 0:
        return float(-np.inf)
    if count == len(ranked):
        return float(np.inf)
    low, high = float(ranked[count - 1]), float(ranked[count])
    return (low + high) / 2.0 if np.isfinite(high) else float(np.nextafter(low, np.inf))


def held_out_routes(
    signals: Floats, gains: Floats, fold: NDArray[np.int64], margin: float
) -> tuple[NDArray[np.bool_], list[NDArray[np.bool_]]]:
    """Which queries are reranked by a floor that was fitted without them, and the same for each of `SHARES`."""
    import numpy as np

    routed = np.zeros(len(gains), dtype=bool)
    curve = [np.zeros(len(gains), dtype=bool) for _ in SHARES]
    for place in range(FOLDS):
        out = fold == place
        option = best_option(signals[:, ~out], gains[~out])
        seen, unseen = signals[option][~out], signals[option][out]
        count, floor = fit_floor(seen, gains[~out], margin)
        routed[out] = (unseen < floor) | (count == len(seen))
        ranked = np.sort(seen)
        for part, each in zip(SHARES, curve, strict=True):
            each[out] = unseen < _between(ranked, round(part * len(ranked)))
    curve[-1][:] = True
    return routed, curve
