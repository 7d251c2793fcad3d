"""How much systems differ from the baseline on each query, and the queries in the order of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rerank_core.evaluation.difference import jaccard, rbo, tau_ap
from rerank_core.experiment.summary import Summary
from rerank_core.experiment.whole_set import WholeSet

By = Literal["delta", "rbo", "tau_ap", "jaccard"]


@dataclass(frozen=True, slots=True)
class QueryDifference:
    """One query, a system against the baseline.

    `delta`: system minus baseline on the headline measure. `rbo`, `tau_ap`, `jaccard`: how alike the two rankings are,
    1 for the same (see `evaluation.difference`); `jaccard` at the summary's k, `tau_ap` with the baseline as the
    reference, None where the two share fewer than two passages.
    """

    delta: float
    rbo: float
    tau_ap: float | None
    jaccard: float

    def distance(self, by: By) -> float | None:
        """How far apart the two are, 0 for not at all: the size of the delta, or 1 minus the likeness."""
        if by == "delta":
            return abs(self.delta)
        alike: float | None = getattr(self, by)
        return None if alike is None else 1.0 - alike


def differences(whole: WholeSet, summary: Summary) -> dict[str, dict[str, QueryDifference]]:
    """System -> qid -> difference from the baseline, for the systems and queries that the summary compares."""
    orders = {system: whole.rankings(system) for system in whole.labels}
    by_system = {}
    for row in summary.systems:
        if row.comparison is None:
            continue
        base, ours = orders[summary.baseline], orders[row.system]
        by_system[row.system] = {
            qid: QueryDifference(
                delta,
                rbo(base[qid].docids, ours[qid].docids),
                tau_ap(base[qid].docids, ours[qid].docids),
                jaccard(base[qid].docids, ours[qid].docids, summary.k),
            )
            for qid, delta in row.comparison.deltas.items()
        }
    return by_system


def most_different_first(by_system: Iterable[Mapping[str, QueryDifference]], by: By) -> list[str]:
    """The qids of one or several systems' differences: the largest mean distance from the baseline first.

    Equal ones keep the order of the queries; those of which nothing can be said come last.
    """
    distances: dict[str, list[float]] = {}
    for by_query in by_system:
        for qid, difference in by_query.items():
            distance = difference.distance(by)
            distances.setdefault(qid, []).extend([] if distance is None else [distance])
    means = {qid: fmean(values) if values else -1.0 for qid, values in distances.items()}
    return sorted(means, key=lambda qid: -means[qid])
