"""What a cross-encoder learns from: pairs with the number that it should give them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, pstdev

from rerank_core.training.data import WEAK_FROM
from rerank_core.types import Doc, Query, Ranking

MOST_PAIRS = 3_500
"""So many are learned from at most: a quarter of an hour on two cores."""
WEAK_PER_QUERY = 4
_DEEPEST_WEAK = 30


@dataclass(frozen=True, slots=True)
class TargetPair:
    """Texts and the target. `weak`: nobody has read the passage; it is an ungraded candidate of BM25."""

    query: str
    passage: str
    target: float
    weak: bool = False


def graded_pairs(
    queries: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
    docs: Mapping[str, Doc],
    candidates: Mapping[str, Ranking],
    top: int,
    seed: int = 0,
) -> list[TargetPair]:
    """Every graded passage, its target the grade's share of `top`, 0 to 1; and up to four weak ones, their target 0.

    Weak negatives are ungraded candidates of BM25 at ranks `WEAK_FROM` to 30. At most `MOST_PAIRS`, drawn by `seed`.
    """
    rng = random.Random(seed)
    found = []
    for query in queries:
        grades = {docid: grade for docid, grade in sorted(qrels.get(query.qid, {}).items()) if docid in docs}
        for docid, grade in grades.items():
            found.append(TargetPair(query.text, docs[docid].content, min(1.0, max(0, grade) / top)))
        listed = candidates[query.qid].docids[WEAK_FROM - 1 : _DEEPEST_WEAK] if query.qid in candidates else ()
        unread = [docid for docid in listed if docid not in qrels.get(query.qid, {}) and docid in docs]
        for docid in rng.sample(unread, min(WEAK_PER_QUERY, len(unread))):
            found.append(TargetPair(query.text, docs[docid].content, 0.0, weak=True))
    return _some(found, rng)


def taught_pairs(
    queries: Sequence[Query], rankings: Mapping[str, Ranking], docs: Mapping[str, Doc], seed: int = 0
) -> list[TargetPair]:
    """What a teacher gave these queries' candidates, graded or not; at most `MOST_PAIRS`, drawn by `seed`.

    The target is the raw score, shifted and scaled to mean 0 and deviation 1 over all pairs, so that one learning rate
    fits every teacher: mean squared error on these is that on raw scores but for a factor. `rankings`: qid -> the
    teacher's; a passage without a score is left out.
    """
    found = [
        TargetPair(query.text, docs[one.docid].content, one.score)
        for query in queries
        if query.qid in rankings
        for one in rankings[query.qid].docs
        if one.score is not None and one.docid in docs
    ]
    kept = _some(found, random.Random(seed))
    if not kept:
        return []
    middle, wide = fmean(one.target for one in kept), pstdev(one.target for one in kept) or 1.0
    return [replace(one, target=(one.target - middle) / wide) for one in kept]


def _some(pairs: Sequence[TargetPair], rng: random.Random) -> list[TargetPair]:
    return list(pairs) if len(pairs) <= MOST_PAIRS else rng.sample(list(pairs), MOST_PAIRS)
