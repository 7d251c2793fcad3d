"""Where a system hurts: the mean delta in each slice of the queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import fsum

from rerank_core.evaluation.compare import TIE


@dataclass(frozen=True, slots=True)
class SliceDelta:
    """One slice. `mean` is the mean delta (system minus baseline) over its `n` compared queries; None where n is 0."""

    name: str
    n: int
    mean: float | None
    wins: int
    losses: int
    ties: int


def slice_deltas(deltas: Mapping[str, float], slices: Mapping[str, Collection[str]]) -> list[SliceDelta]:
    """Every slice, the one that the system hurts most first; slices without a compared query last.

    `deltas`: qid -> system minus baseline. `slices`: name -> qids; a query may be in several, and a qid that is not
    compared is left out. Equal means keep the order of `slices`. A mean over few queries is no proof: show `n`.
    """
    rows = []
    for name, qids in slices.items():
        own = [deltas[qid] for qid in dict.fromkeys(qids) if qid in deltas]
        wins, losses = sum(delta > TIE for delta in own), sum(delta < -TIE for delta in own)
        mean = fsum(own) / len(own) if own else None
        rows.append(SliceDelta(name, len(own), mean, wins, losses, len(own) - wins - losses))
    return sorted(rows, key=lambda row: (row.mean is None, row.mean or 0.0))
