"""The queue's parts: the pool of what is to be graded, each judge's own order in it, and what every judge grades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from math import floor

Pool = dict[str, dict[str, int]]
"""qid -> docid -> the best rank that any system gave it, from 1."""


def pool(rankings: Iterable[Mapping[str, Sequence[str]]], depth: int) -> Pool:
    """The first `depth` passages of every system's ranking of every query; `rankings`: one qid -> docids a system.

    Depth-k pooling (Sparck Jones & van Rijsbergen 1975): what no system puts in its first k is not graded.
    """
    pairs: Pool = {}
    for ranking in rankings:
        for qid, docids in ranking.items():
            places = pairs.setdefault(qid, {})
            for rank, docid in enumerate(docids[:depth], start=1):
                places[docid] = min(rank, places.get(docid, rank))
    return pairs


def shuffled(pooled: Pool, judge: str) -> list[tuple[str, str]]:
    """All (qid, docid) of the pool in this judge's order, the passages of one query together.

    Ranks play no part in it, against position bias. The order follows from the names alone: it is the same on every
    machine, another one for each judge (so that several judges at once seldom grade the same pair), and pairs that
    come into the pool later leave the others' order as it was.
    """
    queries = sorted(pooled, key=lambda qid: _share(judge, qid))
    return [
        (qid, docid) for qid in queries for docid in sorted(pooled[qid], key=lambda docid: _share(judge, qid, docid))
    ]


def in_overlap(dataset: str, qid: str, docid: str, share: float) -> bool:
    """Whether a pair belongs to the `share` (0 to 1) of pairs that every judge grades, the same for all judges.

    What is in a smaller share is in a larger one as well.
    """
    return _share(dataset, qid, docid) < share


def _share(*names: str) -> float:
    """A number from 0 up to 1 that follows from the names and is as good as random."""
    digest = blake2b("\x00".join(names).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


Pair = tuple[str, str]
"""(qid, docid)."""


def random_order(pool: Iterable[Pair], seed: int) -> list[Pair]:
    """The pool in an order that follows from the seed and the names alone.

    Whoever takes the first one that is not graded yet draws, at each turn, one at random from what is ungraded: the
    same on every machine, and again after a restart.
    """
    return sorted(
        pool, key=lambda pair: blake2b(f"{seed}\x00{pair[0]}\x00{pair[1]}".encode("utf-8", "surrogatepass")).digest()
    )


def is_random_turn(turn: int, share: float) -> bool:
    """Whether the `turn`-th grade (from 0) is of the random share: of the first n turns, floor(n * share) are."""
    # a share like 0.2 is a little less or more in binary, which must not move a turn
    return floor((turn + 1) * share + 1e-9) > floor(turn * share + 1e-9)


def interleaved(
    matters: Sequence[Pair], random: Sequence[Pair], share: float, turn: int, n: int
) -> list[tuple[Pair, bool]]:
    """The next n turns from `turn` on: each pair once, and whether it was drawn at random.

    `matters`: most worth first; `random`: in `random_order`; both without what is graded. Where one runs out, the other
    goes on.
    """
    taken: set[Pair] = set()
    queues = iter(matters), iter(random)
    found: list[tuple[Pair, bool]] = []
    while len(found) < n:
        first = is_random_turn(turn + len(found), share)
        for drawn in (first, not first):
            pair = next((one for one in queues[drawn] if one not in taken), None)
            if pair is not None:
                break
        else:
            break
        taken.add(pair)
        found.append((pair, drawn))
    return found
