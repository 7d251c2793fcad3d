"""A comparison for people who do not read measures: who wins on how many queries, and whether it may be chance."""

from __future__ import annotations

from rerank_core.evaluation.compare import Comparison
from rerank_core.evaluation.verdict import is_sure


def plain_verdict(comparison: Comparison) -> str:
    """Two sentences without a measure's name. A difference is claimed only where `verdict.is_sure`."""
    after, before, n = comparison.system, comparison.baseline, comparison.n
    if comparison.mean is None or not n:
        return f"Nothing can be said yet: no graded question was answered by both {after} and {before}."
    counts = (
        f"Of {n} graded questions, {after} answers {comparison.wins} better than {before}, {comparison.losses} worse"
    )
    counts += f" and {comparison.ties} alike." if comparison.ties else "."
    if comparison.ties == n:
        return f"{counts} There is no difference."
    if is_sure(comparison):
        better = after if comparison.mean > 0 else before
        return f"{counts} Overall {better} is better, and by more than chance explains."
    return f"{counts} That may be chance: more graded questions are needed to tell."
