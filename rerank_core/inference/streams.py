"""A CPU's cores each run packs of their own: none waits for another within a pack.

Measured on two cores that other programs use as well: three times as fast as both cores within each product, where
every product ends with a wait for the slower one (and as fast where nothing else runs).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from rerank_core.inference.pair_tokens import Pair

PACK = 1024
"""Tokens of a pack: enough to keep a core's products large, few enough for its caches."""
_SMALLEST = 128


class Streams:
    """Runs packs on `count` threads; `forward` must be safe for several threads."""

    def __init__(self, forward: Callable[[Sequence[Pair]], Sequence[float]], count: int) -> None:
        self._forward, self.count = forward, count
        self._threads = ThreadPoolExecutor(count, "stream", one_thread_each) if count > 1 else None

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Raw scores, one per pair, in their order."""
        parts = packs([len(pair) for pair in pairs], self.count)
        given = [[pairs[place] for place in part] for part in parts]
        run = map if self._threads is None else self._threads.map
        scores = dict[int, float]()
        for part, found in zip(parts, run(self._forward, given), strict=True):
            scores.update(zip(part, found, strict=True))
        return [scores[place] for place in range(len(pairs))]


def packs(lengths: Sequence[int], streams: int) -> list[list[int]]:
    """The places of the pairs as even packs: about `PACK` tokens at most, and as many packs for each stream.

    The longest pairs are placed first, each into the pack that holds the fewest tokens: a long document costs its own
    tokens and no others'. [] for [].
    """
    if not lengths:
        return []
    total = sum(lengths)
    wanted = max(-(-total // PACK), min(streams, total // _SMALLEST), 1)
    if wanted > streams:
        # as many for each stream: an odd pack at the end would leave the others idle
        wanted = -(-wanted // streams) * streams
    result: list[list[int]] = [[] for _ in range(min(wanted, len(lengths)))]
    held = [(0, number) for number in range(len(result))]
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        tokens, number = held[0]
        result[number].append(place)
        heapq.heapreplace(held, (tokens + lengths[place], number))
    return result


def one_thread_each() -> None:
    """Torch's products on one core, in the thread that calls this and in no other."""
    import torch

    torch.set_num_threads(1)
