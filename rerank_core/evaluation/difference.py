"""How much two rankings of one query differ, whichever is right: no grade is needed."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from rerank_core.errors import SettingsError
from rerank_core.evaluation.formulas import check_ranking

PERSISTENCE = 0.9
"""RBO's p: with 0.9 the first ten places have 86 % of the weight (see `rbo_weight`)."""


def rbo(one: Sequence[str], other: Sequence[str], p: float = PERSISTENCE) -> float:
    """Rank-biased overlap, extrapolated: 1 for equal rankings, 0 where they share nothing; the top weighs most.

    The mean overlap of the two that a reader sees who goes on from place to place with probability `p`. `one`, `other`:
    docids, best first, of any two lengths; beyond their ends they are taken to go on agreeing as they did. Both
    empty: 1; one of them: 0. RBO_ext, equation 32 of Webber, Moffat, Zobel, "A similarity measure for indefinite
    rankings", 2010, doi 10.1145/1852102.1852106.
    Raises BadInputError for a document that stands twice, SettingsError for a `p` outside 0 to 1.
    """
    _check_persistence(p)
    check_ranking(one)
    check_ranking(other)
    short, long = sorted((one, other), key=len)
    s, depth = len(short), len(long)
    if not s:
        return 1.0 if not depth else 0.0
    overlaps = _overlaps(short, long)
    at_s, at_end = overlaps[s - 1], overlaps[-1]
    seen = sum(overlap / d * p**d for d, overlap in enumerate(overlaps, 1))
    # what the shorter one would add if it went on as it did up to its end
    missed = sum(at_s * (d - s) / (s * d) * p**d for d in range(s + 1, depth + 1))
    return (1 - p) / p * (seen + missed) + ((at_end - at_s) / depth + at_s / s) * p**depth


def rbo_weight(depth: int, p: float = PERSISTENCE) -> float:
    """The share of RBO's weight that falls on the first `depth` places (equation 21 of the paper), 0 to 1."""
    _check_persistence(p)
    if depth < 1:
        return 0.0
    rest = log(1 / (1 - p)) - sum(p**i / i for i in range(1, depth))
    return 1 - p ** (depth - 1) + (1 - p) / p * depth * rest


def tau_ap(reference: Sequence[str], ranking: Sequence[str]) -> float | None:
    """The AP correlation of `ranking` with `reference`: 1 for the same order, -1 for the reverse; the top weighs most.

    Of each document of `ranking` but the first: the share of those above it that the reference has above it as well; a
    mistake at the top so counts for all that stand below it. Not symmetric. Over the documents that both hold; None
    where these are fewer than two. Yilmaz, Aslam, Robertson, "A new rank correlation coefficient for information
    retrieval", 2008, doi 10.1145/1390334.1390435. Raises BadInputError for a document that stands twice.
    """
    check_ranking(reference)
    check_ranking(ranking)
    place = {docid: rank for rank, docid in enumerate(reference)}
    order = [place[docid] for docid in ranking if docid in place]
    if len(order) < 2:
        return None
    right = sum(sum(above < rank for above in order[:i]) / i for i, rank in enumerate(order) if i)
    return 2 * right / (len(order) - 1) - 1


def jaccard(one: Sequence[str], other: Sequence[str], k: int = 10) -> float:
    """Of all documents in the first `k` of either, the share that is in the first `k` of both; 1 where both are empty.

    Raises SettingsError for a `k` below 1.
    """
    if k < 1:
        raise SettingsError(f"Jaccard needs a k of 1 or more, not {k}.")
    first, second = set(one[:k]), set(other[:k])
    return len(first & second) / len(first | second) if first or second else 1.0


def _overlaps(short: Sequence[str], long: Sequence[str]) -> list[int]:
    """How many documents the first d places of both share, for each d up to the end of `long`."""
    overlaps, count = [], 0
    in_short: set[str] = set()
    in_long: set[str] = set()
    for d, docid in enumerate(long):
        in_long.add(docid)
        if d < len(short):
            in_short.add(short[d])
            count += short[d] in in_long
        count += docid in in_short and (d >= len(short) or docid != short[d])
        overlaps.append(count)
    return overlaps


def _check_persistence(p: float) -> None:
    if not 0 < p < 1:
        raise SettingsError(f"RBO needs a p between 0 and 1, not {p}.")
