"""The share of the queue that is drawn at random, so that what is graded never becomes a biased pool unseen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from math import floor

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
