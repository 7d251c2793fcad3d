"""What the grades so far decide between the two compared systems, in words that anybody can read."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import Any

from rerank_core.evaluation.numbers import counted, share, signed
from rerank_core.judging.next_grade.decision import Decision, Word
from rerank_core.judging.next_grade.stopping import CHECKED, MINIMUM, VerdictStanding

_ENDS: dict[Word, str] = {"better": "better", "worse": "worse", "equal": "equal", "open": "still too close"}


def sentences(standing: VerdictStanding, names: tuple[str, str] | None) -> list[str]:
    """The standing for a judge: no names, no measures. `names`: of both systems, for who sets the list up."""
    lines = [_sure(standing, names), _more(standing)]
    if names is not None:
        lines.append(
            f"{standing.reason} nDCG@10: {signed(standing.delta)}, "
            f"from {signed(standing.low)} to {signed(standing.high)}."
        )
        if standing.may_stop and standing.word != "open":
            lines.append(CHECKED)
    return [line for line in lines if line]


def _sure(standing: VerdictStanding, names: tuple[str, str] | None) -> str:
    if standing.grades < MINIMUM and not standing.may_stop:
        given = f"{standing.grades} of the first {MINIMUM} grades are given"
        return f"{given}; after that this line shows which system is ahead."
    certain = share(standing.claimed)
    if standing.word == "equal":
        which = "the two systems are" if names is None else f"{names[1]} and {names[0]} are"
        return f"It is now {certain} certain that {which} equal: they differ by less than {standing.margin:g}."
    if names is None:
        return f"It is now {certain} certain which of the two systems is better."
    better, worse = (names[1], names[0]) if standing.p_better >= 0.5 else names
    return f"It is now {certain} certain that {better} is better than {worse}."


def _more(standing: VerdictStanding) -> str:
    if standing.may_stop:
        return "You may stop here."
    if standing.more is not None and standing.more[1]:
        return f"Probably {_range(*standing.more)} until {share(standing.confidence)}."
    return "" if standing.grades < MINIMUM else "Please go on: the comparison is not decided yet."


def _range(low: int, high: int) -> str:
    """From the fewest to the most grades; a large number is rounded, as nobody can know it to the last one."""
    low, high = _rounded(low, floor), _rounded(high, ceil)
    if low >= high:
        return counted(high, "more grade")
    return f"{max(1, low):,} to {counted(high, 'more grade')}"


def _rounded(number: int, whole: Callable[[float], int]) -> int:
    step = 1 if number < 20 else 5 if number < 100 else 10
    return whole(number / step) * step


def decision_json(decision: Decision, names: tuple[str, str], measure: str) -> dict[str, Any]:
    """What the drawing beside the passages shows. `names`: of the baseline and of the other system."""
    baseline, other = names
    seen = f"{signed(decision.delta)} {measure}, {signed(decision.low)} … {signed(decision.high)} (95 %)"
    return {
        "word": decision.settled,
        "over": decision.is_over,
        "headline": _headline(decision, other),
        "delta": decision.delta,
        "low": decision.low,
        "high": decision.high,
        "left": [decision.left_low, decision.left_high],
        "margin": decision.margin,
        "lines": [f"{other} against {baseline}: {seen}.", *_to_come(decision)],
    }


def _headline(decision: Decision, other: str) -> str:
    """What is settled; before that, what it looks like by the predictions."""
    margin = f"within your margin of {decision.margin:g}"
    words = {"better": f"{other} is better", "worse": f"{other} is worse", "equal": f"Equal {margin}"}
    looks = {"better": f"{other} looks better", "worse": f"{other} looks worse", "equal": f"Looks equal {margin}"}
    if decision.is_over:
        return words.get(decision.seen, "Too close to call")
    return f"{looks[decision.word]}, not settled" if decision.word in looks else "Too close to call"


def _to_come(decision: Decision) -> list[str]:
    """What grading can still do; where it can do nothing more, that is said."""
    queries = counted(decision.queries, "query", "queries")
    reach = (decision.left_high - decision.left_low) / 2
    if decision.is_over and decision.seen == "open":
        return [
            f"Grading these passages cannot decide it any more: {queries} leave ±{reach:.3f} open, whatever is graded.",
            "What helps: grade other queries, or choose a wider margin.",
        ]
    if decision.is_over:
        return ["It is settled: what is not graded yet would hardly change it."]
    chances = [f"{_ENDS[word]} {share(chance)}" for word, chance in decision.chances.items() if chance >= 0.01]
    goal = "could decide it" if decision.word == "open" else "could still change it"
    return [
        f"{counted(decision.passages, 'passage')} {goal}.",
        f"Once all is graded it will be: {', '.join(chances)}.",
        f"Pale: what grading can take away. Dark: what stays, because these are {queries}. Grey: your margin.",
    ]
