"""A comparison in one plain sentence: better, worse, the same, or not known yet."""

from __future__ import annotations

from rerank_core.evaluation.compare import PairedComparison

_SURE = 0.05
_MANY = 10_000


def is_sure(comparison: PairedComparison) -> bool:
    """Whether the difference is shown: the corrected p-value is below 0.05 *and* the interval leaves out 0."""
    interval, p_value = comparison.interval, comparison.p_holm
    if interval is None or p_value is None:
        return False
    return p_value < _SURE and (interval.low > 0 or interval.high < 0)


def verdict(comparison: PairedComparison) -> str:
    """One sentence for a person. It claims a difference only where `is_sure`; numbers to three decimals."""
    system, baseline, measure = comparison.system, comparison.baseline, comparison.measure
    if comparison.mean is None:
        return f"Cannot tell: no query has {measure} for both {system} and {baseline}."
    mean = f"{signed(comparison.mean)} {measure}"
    if comparison.ties == comparison.n:
        same = "the one query" if comparison.n == 1 else f"all {comparison.n} queries"
        return f"No difference seen: {system} and {baseline} have the same {measure} on {same}."
    if comparison.n == 1:
        return f"Cannot tell yet: {system} against {baseline}: {mean} on one query; grade more queries."
    if is_sure(comparison) and comparison.mean > 0:
        return f"{system} is better than {baseline} by {mean} ({_evidence(comparison)})."
    if is_sure(comparison):
        return f"{system} is worse than {baseline}: {mean} ({_evidence(comparison)})."
    return f"Cannot tell yet: {system} against {baseline}: {mean} ({_evidence(comparison)}); {_advice(comparison)}."


def signed(value: float) -> str:
    """Three decimals with a true sign: "+0.061", "−0.004", "0.000" for what rounds to nothing."""
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text.replace("-", "−")


def _evidence(comparison: PairedComparison) -> str:
    interval = comparison.interval
    shown = "no interval"
    if interval is not None and interval.method == "constant":
        shown = "the same on every query, so no interval"
    elif interval is not None:
        shown = (
            f"{interval.confidence:.0%} CI ".replace("%", " %") + f"{signed(interval.low)} … {signed(interval.high)}"
        )
    counts = f"{comparison.wins} won, {comparison.losses} lost, {comparison.ties} tied"
    return f"{shown}, {comparison.n} queries, {counts}"


def _advice(comparison: PairedComparison) -> str:
    """How many more queries: at least as many as the power formula asks; never none, as it is not shown yet."""
    if comparison.needed is None:
        reach = f"about ±{comparison.detectable:.3f}" if comparison.detectable is not None else "a large difference"
        return f"{comparison.n} queries would show {reach}"
    more = max(1, comparison.needed - comparison.n)
    if more > _MANY:
        return f"a difference this small would take more than {_MANY:,} more queries"
    return f"grade about {more:,} more {'query' if more == 1 else 'queries'}"


def plain_verdict(comparison: PairedComparison) -> str:
    """Two sentences without a measure's name. A difference is claimed only where `verdict.is_sure`."""
    after, before, n = comparison.system, comparison.baseline, comparison.n
    if comparison.mean is None or not n:
        return f"Cannot tell yet: no graded query was answered by both {after} and {before}."
    counts = f"Of {n} graded queries, {after} answers {comparison.wins} better than {before}, {comparison.losses} worse"
    counts += f" and {comparison.ties} alike." if comparison.ties else "."
    if comparison.ties == n:
        return f"{counts} There is no difference."
    if is_sure(comparison):
        better = after if comparison.mean > 0 else before
        return f"{counts} Overall {better} is better, and by more than chance explains."
    return f"{counts} That may be chance: grade more queries to tell."
