"""Choose on one half of the queries, report on the other: many times over, with the same halves for every system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SPLITS = 200
LEAST_QUERIES = 20
"""With fewer graded queries a half is too small to choose on and to report on."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What one search found, on the queries that it did not see.

    `chosen`: the place of the setting that each split chose; shape (splits,). `values`: per query, the mean value of
    the chosen settings over the splits that held the query out; shape (queries,). `seen`: the mean value of the chosen
    settings on the halves that chose them. `default`: per query, the value of the setting at place 0. `best`: the place
    of the setting that is best on all queries: the one that is used afterwards.
    """

    chosen: NDArray[np.int64]
    values: Floats
    by_split: Floats
    seen: float
    default: Floats
    best: int

    @property
    def gain_seen(self) -> float:
        """How much better than the setting at place 0 the chosen ones are on the queries that chose them."""
        return self.seen - float(self.default.mean())

    @property
    def gain(self) -> float:
        """The same on the queries that the search did not see."""
        return float((self.values - self.default).mean())

    @property
    def optimism(self) -> float:
        """What the search promises and does not keep: `gain_seen` - `gain`."""
        return self.gain_seen - self.gain

    @property
    def kept(self) -> float | None:
        """The share of `gain_seen` that holds on queries that the search did not see; below 0 where it lost there.

        None where less than 0.01 was gained on those that it saw: a share of nothing says nothing.
        """
        return self.gain / self.gain_seen if self.gain_seen >= 0.01 else None


def halves(queries: int, splits: int = SPLITS, seed: int = 0) -> NDArray[np.bool_]:
    """Which queries choose, per split; shape (splits, queries). One half, rounded down, chooses.

    Splits come in pairs: the second one's choosing half is the first one's other half, so that every query is held out
    equally often (up to the one query of an odd number).
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    choose = np.zeros((splits, queries), dtype=bool)
    for split in range(0, splits, 2):
        order = rng.permutation(queries)
        choose[split, order[: queries // 2]] = True
        if split + 1 < splits:
            choose[split + 1, order[queries - queries // 2 :]] = True
    return choose


def held_out(values: Floats, choose: NDArray[np.bool_]) -> HeldOut:
    """Search `values`, shape (settings, queries), on each half that `choose` names, and look at the other half.

    Of settings with the same mean the first one is chosen, so the order of the settings says which is plainer. Where a
    query was never held out its value is NaN. Raises ValueError without a setting or a query.
    """
    import numpy as np

    if not values.size:
        raise ValueError("a search needs a setting and a query")
    splits = len(choose)
    means = values @ choose.T / np.maximum(choose.sum(axis=1), 1)
    # sums in another order differ in the last digits: settings that are equal on paper stay equal
    chosen = (means >= means.max(axis=0) - 1e-12).argmax(axis=0)
    of_split = values[chosen]
    out = ~choose
    times = out.sum(axis=0)
    with np.errstate(invalid="ignore"):
        by_query = np.where(times > 0, (of_split * out).sum(axis=0) / np.maximum(times, 1), np.nan)
    overall = values.mean(axis=1)
    return HeldOut(
        chosen=chosen,
        values=by_query,
        by_split=(of_split * out).sum(axis=1) / np.maximum(out.sum(axis=1), 1),
        seen=float(means[chosen, np.arange(splits)].mean()),
        default=values[0],
        best=int((overall >= overall.max() - 1e-12).argmax()),
    )
