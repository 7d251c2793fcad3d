"""The queue's parts: the pool of what is to be graded, each judge's own order in it, and what every judge grades."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

Pool = dict[str, dict[str, int]]
"""qid -> docid -> the best rank that any system gave it, from 1."""


def pool(rankings: Iterable[Mapping[str, Sequence[str]]], depth: int) -> Pool:
    """The first `depth` passages of every system's ranking of every query; `rankings`: one qid -> docids a system.

    Depth-k pooling (Sparck Jones & van Rijsbergen 1975): what no system puts in its first k is not graded.
    """
    found: Pool = {}
    for ranking in rankings:
        for qid, docids in ranking.items():
            places = found.setdefault(qid, {})
            for rank, docid in enumerate(docids[:depth], start=1):
                places[docid] = min(rank, places.get(docid, rank))
    return found


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
