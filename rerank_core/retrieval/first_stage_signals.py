"""What the first stage's own scores say about a query: whether it is sure of its order, and whether its lists agree.

Spread of the scores as a predictor of how well a query is answered: Shtok et al. 2012, doi 10.1145/2180868.2180873.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from statistics import pstdev

from rerank_core.types import Ranking

TOP = 10
"""Signals read the first so many candidates, so that they do not change with the number of candidates."""


def lead(candidates: Ranking, rank: int) -> float | None:
    """How far the first candidate's score lies above that at `rank` (2 or 3), as a share of the range of the first 10.

    0 to 1; 0 where all scores are equal. None where fewer candidates were found, or they have no scores.
    """
    scores = _scores(candidates)
    if scores is None or len(scores) < rank:
        return None
    span = scores[0] - min(scores)
    return (scores[0] - scores[rank - 1]) / span if span > 0 else 0.0


def spread(candidates: Ranking) -> float | None:
    """The population standard deviation of the first 10 scores, in their unit. None below two, or without scores."""
    scores = _scores(candidates)
    return pstdev(scores) if scores is not None and len(scores) > 1 else None


def overlap(candidates: Ranking) -> float | None:
    """The share of the first 10 of one retriever that are among the first 10 of the other; 0 to 1.

    The smallest share of any two where there are more. None where fewer than two retrievers found anything.
    """
    tops: dict[str, dict[str, int]] = {}
    for doc in candidates.docs:
        for name, rank in doc.found_by.items():
            if rank <= TOP:
                tops.setdefault(name, {})[doc.docid] = rank
    if len(tops) < 2:
        return None
    # few candidates may lack what one list alone has: its last rank says how long it was
    shares = [
        len(one.keys() & other.keys()) / max(*one.values(), *other.values())
        for one, other in combinations(tops.values(), 2)
    ]
    return min(shares)


SIGNALS: dict[str, Callable[[Ranking], float | None]] = {
    "lead_2": lambda candidates: lead(candidates, 2),
    "lead_3": lambda candidates: lead(candidates, 3),
    "spread": spread,
    "overlap": overlap,
}
"""Signal -> its value for a query's candidates, best first; None where it cannot be read."""
WORDS = {
    "lead_2": "lead of rank 1 over rank 2",
    "lead_3": "lead of rank 1 over rank 3",
    "spread": "spread of the first 10 scores",
    "overlap": "overlap of the retrievers",
}
"""Signal -> what people call it."""


def _scores(candidates: Ranking) -> list[float] | None:
    scores = [doc.score for doc in candidates.docs[:TOP] if doc.score is not None]
    return scores if scores and len(scores) == len(candidates.docs[:TOP]) else None
