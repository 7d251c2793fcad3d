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

    The target is the raw score, shifted and scaled to mean 0 and deviation 1 within each query: what a student is to
    learn is an order, and sums over a query's words are wide apart where it is long. `rankings`: qid -> the teacher's.
    A passage without a score is left out, and so is a query that has one score alone.
    """
    found = [
        TargetPair(query.text, docs[one.docid].content, one.score)
        for query in queries
        if query.qid in rankings
        for one in rankings[query.qid].docs
        if one.score is not None and one.docid in docs
    ]
    of_query: dict[str, list[TargetPair]] = {}
    for one in _some(found, random.Random(seed)):
        of_query.setdefault(one.query, []).append(one)
    return [one for own in of_query.values() for one in _spread(own)]


def _spread(pairs: Sequence[TargetPair]) -> list[TargetPair]:
    middle, wide = fmean(one.target for one in pairs), pstdev(one.target for one in pairs)
    return [replace(one, target=(one.target - middle) / wide) for one in pairs] if wide > 0 else []


@dataclass(frozen=True, slots=True)
class TaughtGroup:
    """Some passages of one query, and what a teacher's scores say of each; both in one order."""

    query: str
    passages: tuple[str, ...]
    targets: tuple[float, ...]


def taught_groups(pairs: Sequence[TargetPair], size: int, sharpness: float = 1.0, seed: int = 0) -> list[TaughtGroup]:
    """The pairs in even groups of one query, at most `size` passages each, drawn by `seed`; targets times `sharpness`.

    Passages that have one target alone say nothing of an order, and are left out.
    """
    rng, of_query = random.Random(seed), dict[str, list[TargetPair]]()
    for one in pairs:
        of_query.setdefault(one.query, []).append(one)
    found = []
    for query, own in of_query.items():
        rng.shuffle(own)
        count = -(-len(own) // size)
        for place in range(count):
            group = own[place::count]
            if len({one.target for one in group}) > 1:
                targets = tuple(one.target * sharpness for one in group)
                found.append(TaughtGroup(query, tuple(one.passage for one in group), targets))
    return found


def _some(pairs: Sequence[TargetPair], rng: random.Random) -> list[TargetPair]:
    return list(pairs) if len(pairs) <= MOST_PAIRS else rng.sample(list(pairs), MOST_PAIRS)
