"""Which of two lists do people prefer: blind votes, tallied query by query, with an interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Preference:
    """`votes` of all people; `queries` with a vote, of which `one` and `other` won that many and `same` are even.

    `share`: of the queries that one of the two won, how many the first one won, from 0 to 1; None where none is won.
    `low`, `high`: its 95 % interval.
    """

    votes: int
    queries: int
    one: int
    other: int
    same: int
    share: float | None
    low: float | None
    high: float | None

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out a half."""
        return self.low is not None and self.high is not None and (self.low > 0.5 or self.high < 0.5)


def tally(votes: Iterable[tuple[str, str]]) -> Preference:
    """Count votes: (qid, "one" | "other" | "same").

    A query counts once, for whom most of its voters are; an even query is "same". Votes on one query are not
    independent of each other, and counting each would make the interval too narrow. The interval is Wilson's score
    interval over the won queries (Wilson 1927, doi 10.1080/01621459.1927.10502953).
    """
    leads: dict[str, int] = {}
    count = 0
    for qid, answer in votes:
        leads[qid] = leads.get(qid, 0) + {"one": 1, "other": -1, "same": 0}[answer]
        count += 1
    one, other = sum(lead > 0 for lead in leads.values()), sum(lead < 0 for lead in leads.values())
    same = len(leads) - one - other
    if not one + other:
        return Preference(count, len(leads), one, other, same, None, None, None)
    from scipy.stats import binomtest

    interval = binomtest(one, one + other).proportion_ci(CONFIDENCE, method="wilson")
    share = one / (one + other)
    return Preference(count, len(leads), one, other, same, share, float(interval.low), float(interval.high))
