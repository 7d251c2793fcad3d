"""What the grades so far decide between the two compared systems, in words that anybody can read."""

from __future__ import annotations

from rerank_core.judging.next_grade.stopping import MINIMUM, VerdictStanding


def sentences(standing: VerdictStanding, names: tuple[str, str] | None) -> list[str]:
    """The standing for a judge: no names, no measures. `names`: of both systems, for who sets the list up."""
    lines = [_sure(standing, names), _more(standing)]
    if names is not None:
        lines.append(
            f"{standing.reason} nDCG@10: {standing.delta:+.4f}, from {standing.low:+.4f} to {standing.high:+.4f}."
        )
    return [line for line in lines if line]


def _sure(standing: VerdictStanding, names: tuple[str, str] | None) -> str:
    if standing.grades < MINIMUM and not standing.may_stop:
        given = f"{standing.grades} of the first {MINIMUM} grades are given"
        return f"{given}; after that this line shows which system is ahead."
    share = _percent(max(standing.p_better, 1 - standing.p_better))
    if names is None:
        return f"It is now {share} certain which of the two systems is better."
    better, worse = (names[1], names[0]) if standing.p_better >= 0.5 else names
    return f"It is now {share} certain that {better} is better than {worse}."


def _more(standing: VerdictStanding) -> str:
    if standing.may_stop:
        return "You may stop here."
    if standing.more:
        goal = _percent(standing.confidence)
        return f"About {standing.more:,} more {'grade' if standing.more == 1 else 'grades'} until {goal}."
    return "" if standing.grades < MINIMUM else "Please go on: the comparison is not decided yet."


def _percent(share: float) -> str:
    """Whole percents, and never 100 before all is graded."""
    return f"{min(int(100 * share + 0.5), 99)} %" if share < 1 else "100 %"
