"""Seconds a query, summed up: percentiles, cold and warm apart, pairs per second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

Warmth = Literal["cold", "warm", "not known"]

STAGES = {
    "retrieve": "The first stage for one query: all its retrievers, filters and fusion. The index is loaded already.",
    "tokenize": "The model's tokenizer alone over the query and its passages, timed again right after the scoring of a"
    " sample of queries. It is a part of score, not on top of it.",
    "score": "The model's own calls for one query: its tokenizer, batches, copies to the device and the forward pass;"
    " for a service the requests. Loading the model, reading passages and sorting are not in it.",
    "total": "retrieve and score of the same query, added up.",
}
"""Stage -> what exactly was timed."""


@dataclass(frozen=True, slots=True)
class Timed:
    """One query at one stage. `cold`: the first one after its model or index was loaded; None: not known.

    `pairs`: how many passages were read for it.
    """

    seconds: float
    cold: bool | None
    pairs: int


@dataclass(frozen=True, slots=True)
class Latency:
    """`n` queries of one stage and one warmth. All times are seconds per query; `pairs_per_second` None: no pair, 0 s.

    The percentiles are linear interpolations between the two nearest times (numpy's "linear", Hyndman and Fan's type 7,
    doi 10.1080/00031305.1996.10473566): of few queries p95 and p99 lie close to the slowest one.
    """

    stage: str
    warmth: Warmth
    n: int
    mean: float
    p50: float
    p95: float
    p99: float
    pairs_per_second: float | None


def latencies(stage: str, timed: Sequence[Timed]) -> list[Latency]:
    """The summary of a stage: cold, warm and not known apart, in this order, those without a query left out."""
    apart: dict[Warmth, list[Timed]] = {"cold": [], "warm": [], "not known": []}
    for timing in timed:
        apart["not known" if timing.cold is None else "cold" if timing.cold else "warm"].append(timing)
    return [_summary(stage, warmth, timings) for warmth, timings in apart.items() if timings]


def _summary(stage: str, warmth: Warmth, timed: Sequence[Timed]) -> Latency:
    import numpy as np

    seconds = [timing.seconds for timing in timed]
    spent, pairs = fsum(seconds), sum(timing.pairs for timing in timed)
    p50, p95, p99 = (float(value) for value in np.percentile(seconds, (50, 95, 99), method="linear"))
    pairs_a_second = pairs / spent if pairs and spent else None
    return Latency(stage, warmth, len(timed), spent / len(timed), p50, p95, p99, pairs_a_second)
