"""Loss over the whole set: each query's, and the mean, split between retrieval and ordering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.evaluation.oracle import LossSplit, mean_loss, split_loss
from rerank_core.experiment.whole_set import WholeSet


@dataclass(frozen=True, slots=True)
class SystemLoss:
    """One system's loss. `queries`: qid -> split, for queries that have a relevant passage.

    `mean`: over these `n` queries; None where n is 0. `off_candidates`: queries left out, as the system ranked passages
    there that are not among the candidates, so that the loss cannot be split.
    """

    label: str
    mean: LossSplit | None
    n: int
    queries: Mapping[str, LossSplit]
    off_candidates: int


def system_losses(whole: WholeSet, qids: Sequence[str], k: int = 10) -> dict[str, SystemLoss]:
    """System id -> its loss in nDCG@k over `qids`, for the systems that ranked anything.

    A query without a relevant passage has nothing to lose and is left out, so that the means may be over fewer queries
    than those of the table.
    """
    losses = {}
    for system, label in whole.labels.items():
        orders, off = whole.rankings(system), set(whole.off_candidates(system))
        if not orders:
            continue
        asked = [qid for qid in qids if qid in orders]
        splits = {
            qid: split_loss(orders[qid].docids, whole.candidates[qid], whole.qrels.get(qid, {}), k)
            for qid in asked
            if qid not in off
        }
        known = {qid: split for qid, split in splits.items() if split is not None}
        mean, n = mean_loss(known.values())
        losses[system] = SystemLoss(label, mean, n, known, len(off.intersection(asked)))
    return losses
