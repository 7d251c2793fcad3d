"""A CPU's cores each run packs of their own: none waits for another within a pack.

Measured on two cores that other programs use as well: three times as fast as both cores within each product, where
every product ends with a wait for the slower one (and as fast where nothing else runs).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from rerank_core.inference.pair_tokens import Pair

PACK = 1024
"""Tokens of a pack: enough to keep a core's products large, few enough for its caches."""
_SMALLEST = 128
Input = TypeVar("Input", bound=Pair)
Made = TypeVar("Made")


class Streams(Generic[Input, Made]):
    """Runs packs on `count` threads; `forward` must be safe for several threads.

    `alike`: it pads the inputs of a pack to the longest, so a pack holds inputs of about one length.
    """

    def __init__(self, forward: Callable[[Sequence[Input]], Sequence[Made]], count: int, alike: bool = False) -> None:
        self._forward, self.count, self._pack = forward, count, packs_alike if alike else packs
        self._threads = ThreadPoolExecutor(count, "stream", one_thread_each) if count > 1 else None

    def __call__(self, inputs: Sequence[Input]) -> list[Made]:
        """What `forward` makes of each input, in their order."""
        parts = self._pack([len(one) for one in inputs], self.count)
        given = [[inputs[place] for place in part] for part in parts]
        run = map if self._threads is None else self._threads.map
        made = dict[int, Made]()
        for part, found in zip(parts, run(self._forward, given), strict=True):
            made.update(zip(part, found, strict=True))
        return [made[place] for place in range(len(inputs))]


def packs(lengths: Sequence[int], streams: int) -> list[list[int]]:
    """The places of the inputs as even packs: about `PACK` tokens at most, and as many packs for each stream.

    The longest ones are placed first, each into the pack that holds the fewest tokens: a long document costs its own
    tokens and no others'. [] for [].
    """
    if not lengths:
        return []
    result: list[list[int]] = [[] for _ in range(min(_wanted(sum(lengths), streams), len(lengths)))]
    held = [(0, number) for number in range(len(result))]
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        tokens, number = held[0]
        result[number].append(place)
        heapq.heapreplace(held, (tokens + lengths[place], number))
    return result


def packs_alike(lengths: Sequence[int], streams: int) -> list[list[int]]:
    """As `packs`, but each holds neighbours by length, the longest first, so that little is padded."""
    result: list[list[int]] = []
    left, held, target = sum(lengths), 0, 0.0
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        # what is left is shared out anew for each pack: a long document makes no others small
        if not result or held + lengths[place] / 2 > target:
            left, held = left - held, 0
            target = left / _wanted(left, streams)
            result.append([])
        result[-1].append(place)
        held += lengths[place]
    return result


def _wanted(tokens: int, streams: int) -> int:
    """How many packs so many tokens are worth."""
    wanted = max(-(-tokens // PACK), min(streams, tokens // _SMALLEST), 1)
    # as many for each stream: an odd pack at the end would leave the others idle
    return wanted if wanted <= streams else -(-wanted // streams) * streams


def one_thread_each() -> None:
    """Torch's products on one core, in the thread that calls this and in no other."""
    import torch

    torch.set_num_threads(1)
