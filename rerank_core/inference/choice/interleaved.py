"""Several works timed in turn, so that what else runs on the machine slows all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter, process_time
from typing import TypeVar

Name = TypeVar("Name")
LEAST_ROUNDS, MOST_ROUNDS = 3, 8
HOPELESS = 1.5
"""Slower than this by the fastest, twice: not timed any further."""
NEAR = 1.03
"""What is so little slower than the fastest counts as equally fast."""


def least_seconds(
    works: Mapping[Name, Callable[[], object]],
    budget: float,
    clock: Callable[[], float] = process_time,
    wall: Callable[[], float] = perf_counter,
) -> dict[Name, float]:
    """The least time that each work took, by `clock`: the processor's time of this process, which others take none of.

    Each should have been done once before. Rounds go on until `budget` seconds by `wall` have passed, within
    LEAST_ROUNDS and MOST_ROUNDS, or until all others are HOPELESS.
    """
    least = dict.fromkeys(works, float("inf"))
    going = list(works)
    started = wall()
    for number in range(1, MOST_ROUNDS + 1):
        for name in going:
            began = clock()
            works[name]()
            least[name] = min(least[name], clock() - began)
        if number > 1:
            going = [name for name in going if least[name] <= HOPELESS * min(least.values())]
        if len(going) < 2 or (number >= LEAST_ROUNDS and wall() - started >= budget):
            break
    return least


def fastest_first(rates: Mapping[Name, float]) -> list[Name]:
    """The names by their rates (more is faster), the highest first; at its head the first one that is NEAR the highest.

    [] for {}.
    """
    if not rates:
        return []
    top = max(rates.values())
    first = next(name for name, rate in rates.items() if rate * NEAR >= top)
    return sorted(rates, key=lambda name: (name != first, -rates[name]))
