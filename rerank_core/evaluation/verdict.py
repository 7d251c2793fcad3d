"""A comparison in one plain sentence: better, worse, equal within the margin, or too close to call."""

from __future__ import annotations

from typing import Literal

from rerank_core.evaluation.compare import PairedComparison
from rerank_core.evaluation.numbers import count, counted, figure, signed

_SURE = 0.05

Outcome = Literal["better", "worse", "equal", "same", "open", "nothing"]
"""`equal`: within the margin; `same`: alike on every query; `open`: too close to call; `nothing`: no query for both."""


def is_sure(comparison: PairedComparison) -> bool:
    """Whether the difference is shown: the corrected p-value is below 0.05 *and* the interval leaves out 0."""
    interval, p_value = comparison.interval, comparison.p_holm
    if interval is None or p_value is None:
        return False
    return p_value < _SURE and (interval.low > 0 or interval.high < 0)


def outcome(comparison: PairedComparison) -> Outcome:
    """What the comparison allows to say. A difference that is shown, and shown to be below the margin, is `equal`."""
    if comparison.mean is None:
        return "nothing"
    if comparison.ties == comparison.n:
        return "same"
    if comparison.equivalence is not None and comparison.equivalence.holds:
        return "equal"
    if is_sure(comparison):
        return "better" if comparison.mean > 0 else "worse"
    return "open"


def verdict(comparison: PairedComparison, spare: int | None = None) -> str:
    """One sentence for a person. It claims a difference only where `is_sure`; numbers to three decimals.

    `spare`: how many more queries there are to grade, None: not known. No more than these are ever asked for.
    """
    system, baseline, measure = comparison.system, comparison.baseline, comparison.measure
    said = outcome(comparison)
    if comparison.mean is None:
        return f"Cannot tell: no query has {measure} for both {system} and {baseline}."
    mean = f"{signed(comparison.mean)} {measure}"
    if said == "same":
        same = "the one query" if comparison.n == 1 else f"all {count(comparison.n)} queries"
        return f"No difference seen: {system} and {baseline} have the same {measure} on {same}."
    if comparison.n == 1:
        return f"Too close to call: {system} against {baseline}: {mean} on one query; grade more queries."
    if said == "better":
        return f"{system} is better than {baseline} by {mean} ({_evidence(comparison)})."
    if said == "worse":
        return f"{system} is worse than {baseline}: {mean} ({_evidence(comparison)})."
    if said == "equal":
        return f"{_equal(comparison)}: {mean} ({_evidence(comparison)}).{_small(comparison)}"
    seen = f"{system} against {baseline}: {mean} ({_evidence(comparison)})"
    return f"Too close to call: {seen}; {advice(comparison, spare)}."


def headline(comparison: PairedComparison) -> str:
    """The verdict alone, in one short sentence, without its evidence; see `verdict`."""
    system, baseline, measure = comparison.system, comparison.baseline, comparison.measure
    said = outcome(comparison)
    if said == "equal":
        return f"{_equal(comparison)} {measure}."
    if said in ("better", "worse") and comparison.mean is not None:
        return f"{system} is {said} than {baseline} by {figure(abs(comparison.mean))} {measure}."
    if said == "open":
        return f"Too close to call: {system} against {baseline}."
    return verdict(comparison)


def evidence(comparison: PairedComparison) -> str:
    """The mean difference, its interval, and the queries that it is over; "" without any."""
    if comparison.mean is None:
        return ""
    return f"{signed(comparison.mean)} {comparison.measure}, {_evidence(comparison)}"


def advice(comparison: PairedComparison, spare: int | None = None) -> str:
    """What would help where it is too close to call: more queries, as many as there are, or what these can show.

    `spare`: as in `verdict`. The number is at least what the power formula asks for, and never 0.
    """
    if comparison.needed is not None:
        more = max(1, comparison.needed - comparison.n)
        if more <= (comparison.n if spare is None else spare):
            return f"grade about {counted(more, 'more query', 'more queries')}"
    reach = f"about ±{comparison.detectable:.3f}" if comparison.detectable is not None else "a large difference"
    return f"{counted(comparison.n, 'query', 'queries')} can show a difference of {reach}"


def plain_verdict(comparison: PairedComparison) -> str:
    """Two sentences without a measure's name. A difference is claimed only where `is_sure`."""
    after, before, n = comparison.system, comparison.baseline, comparison.n
    if comparison.mean is None or not n:
        return f"Cannot tell yet: no graded query was answered by both {after} and {before}."
    counts = (
        f"Of {count(n)} graded queries, {after} answers {count(comparison.wins)} better than {before}, "
        f"{count(comparison.losses)} worse"
    )
    counts += f" and {count(comparison.ties)} alike." if comparison.ties else "."
    said = outcome(comparison)
    if said == "same":
        return f"{counts} There is no difference."
    if said == "equal":
        return f"{counts} Overall the two are equal: any difference is smaller than what matters to you."
    if said in ("better", "worse"):
        better = after if said == "better" else before
        return f"{counts} Overall {better} is better, and by more than chance explains."
    return f"{counts} That may be chance: grade more queries to tell."


def _equal(comparison: PairedComparison) -> str:
    margin = comparison.equivalence.margin if comparison.equivalence is not None else 0.0
    return f"{comparison.system} and {comparison.baseline} are equal within your margin of {margin:g}"


def _small(comparison: PairedComparison) -> str:
    return " A difference is shown, but it is smaller than your margin." if is_sure(comparison) else ""


def _evidence(comparison: PairedComparison) -> str:
    interval, equal = comparison.interval, comparison.equivalence
    shown = "no interval"
    if equal is not None and equal.holds:
        shown = f"90 % CI {signed(equal.low)} … {signed(equal.high)}"
    elif interval is not None and interval.method == "constant":
        shown = "the same on every query, so no interval"
    elif interval is not None:
        shown = (
            f"{interval.confidence:.0%} CI ".replace("%", " %") + f"{signed(interval.low)} … {signed(interval.high)}"
        )
    counts = f"{count(comparison.wins)} won, {count(comparison.losses)} lost, {count(comparison.ties)} tied"
    return f"{shown}, {counted(comparison.n, 'query', 'queries')}, {counts}"
