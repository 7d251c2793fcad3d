"""What the grades so far decide between the two compared systems, said so that anybody can read it."""

from __future__ import annotations

from rerank_core.judging.next_grade.stopping import MINIMUM, Standing


def sentences(found: Standing, names: tuple[str, str] | None) -> list[str]:
    """The standing for a judge: no names, no measures. `names`: of both systems, for who sets the list up."""
    said = [_sure(found, names), _more(found)]
    if names is not None:
        said.append(f"{found.reason} nDCG@10: {found.delta:+.4f}, from {found.low:+.4f} to {found.high:+.4f}.")
    return [one for one in said if one]


def _sure(found: Standing, names: tuple[str, str] | None) -> str:
    if found.grades < MINIMUM and not found.may_stop:
        return (
            f"{found.grades} of the first {MINIMUM} grades are given; after that this line shows which system is ahead."
        )
    share = _percent(max(found.p_better, 1 - found.p_better))
    if names is None:
        return f"It is now {share} certain which of the two systems is better."
    better, worse = (names[1], names[0]) if found.p_better >= 0.5 else names
    return f"It is now {share} certain that {better} is better than {worse}."


def _more(found: Standing) -> str:
    if found.may_stop:
        return "You may stop here."
    if found.more:
        goal = _percent(found.confidence)
        return f"About {found.more:,} more {'grade' if found.more == 1 else 'grades'} until {goal}."
    return "" if found.grades < MINIMUM else "Please go on: the comparison is not decided yet."


def _percent(share: float) -> str:
    """Whole percents, and never 100 before all is graded."""
    return f"{min(int(100 * share + 0.5), 99)} %" if share < 1 else "100 %"
