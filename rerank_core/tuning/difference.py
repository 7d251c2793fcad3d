"""Two searches against each other on held-out queries, with what the overlap of the splits adds to the spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rerank_core.tuning.held_out import HeldOut

    Floats = NDArray[np.float64]


_PART = 500
"""Queries at a time, so that a table of pairs stays small."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one search reaches above another on queries that neither saw.

    `by_query`: the mean difference per query over the splits that held it out; shape (queries,). `pseudo`: the same
    spread wider by what queries do to the choices that place others, so that its standard error is the difference's
    (see `difference`). `holds`: the share of splits whose held-out half has the difference's sign.
    """

    by_query: Floats
    pseudo: Floats
    holds: float

    @property
    def mean(self) -> float:
        """The held-out difference."""
        return float(self.by_query.mean())


def difference(
    values: Floats, found: HeldOut, baseline_values: Floats, baseline: HeldOut, choose: NDArray[np.bool_]
) -> Difference:
    """`found` minus `baseline`, of searches over the same splits; values have the shape (settings, queries).

    A query is held out in some splits and chooses in the others. So the differences d_q of two queries hang together: q
    sways the choice that places r, and r the choice that places q. Taken alone, each has no covariance with the other
    (Hoeffding 1948, doi:10.1214/aoms/1177730196: a part that is 0 in the mean over q, whatever the rest), and what is
    left of the variance of the mean is

        1/n² (sum_q (d_q - mean)² + sum_{q != r} sway_qr sway_rq)

    where sway_qr is what r's presence among those that choose does to d_q. It is seen in the splits: q's mean where
    r chooses, less q's mean where r does not, times the share of q's splits in which r does. The two factors come from
    different splits, so that the product has next to no bias from their finite number. The first sum alone is too small
    (Bengio and Grandvalet 2004, JMLR 5:1089-1105); a jackknife over the splits is too large, because it counts such
    shared parts twice (Efron and Stein 1981, doi:10.1214/aos/1176345462). `python -m tests.bench tune
    --worlds 1000` measures the coverage.
    """
    import numpy as np

    out = ~choose
    table = values[found.chosen] - baseline_values[baseline.chosen]
    times = np.maximum(out.sum(axis=0), 1)
    by_query = (table * out).sum(axis=0) / times
    by_split = (table * out).sum(axis=1) / np.maximum(out.sum(axis=1), 1)
    mean = float(by_query.mean())
    own = by_query - mean
    plain = float((own**2).sum())
    # it is 0 or more in the mean; below 0 by chance, it would make the interval narrower than a plain one
    scale = np.sqrt(1.0 + max(0.0, shared_sway(table, choose)) / plain) if plain > 0 else 1.0
    same_sign = by_split > 0 if mean > 0 else by_split < 0
    return Difference(by_query, mean + own * scale, float(same_sign.mean()) if mean else 0.0)


def shared_sway(table: Floats, choose: NDArray[np.bool_]) -> float:
    """The sum over all pairs of queries of sway_qr sway_rq, as `difference` has it.

    `table`: the difference of each split's choices on each query; `choose`: which queries choose; shape (splits, n).
    """
    import numpy as np

    inside = choose.astype(float)
    outside, n = 1.0 - inside, choose.shape[1]
    held = table * outside

    def sway(rows: slice, columns: slice) -> Floats:
        chooses, rests = outside[:, rows].T @ inside[:, columns], outside[:, rows].T @ outside[:, columns]
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = held[:, rows].T @ inside[:, columns] / chooses - held[:, rows].T @ outside[:, columns] / rests
            share = chooses / (chooses + rests)
        return np.where((chooses > 0) & (rests > 0), share * apart, 0.0)

    total = 0.0
    parts = [slice(start, min(n, start + _PART)) for start in range(0, n, _PART)]
    for place, rows in enumerate(parts):
        total += float((sway(rows, rows) * sway(rows, rows).T).sum())
        for columns in parts[place + 1 :]:
            total += 2.0 * float((sway(rows, columns) * sway(columns, rows).T).sum())
    return total
