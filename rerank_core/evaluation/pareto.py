"""The Pareto front over quality, latency and cost: what nothing else beats on all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from rerank_core.errors import SettingsError

HIGHER_IS_BETTER = {"quality": True, "latency": False, "cost": False}
"""Dimension -> its direction."""


@dataclass(frozen=True, slots=True)
class Point:
    """A system's place; None: not known. `quality` is a measure's mean; `latency` and `cost` in any one unit."""

    name: str
    quality: float | None = None
    latency: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """Who is on the front; all in the order that they were given in.

    `best`: names on the front. `beaten`: name -> the names on the front that beat it. `excluded`: name -> what is not
    known of it, so that it can be neither.
    """

    best: tuple[str, ...]
    beaten: Mapping[str, tuple[str, ...]]
    excluded: Mapping[str, tuple[str, ...]]


def pareto_front(points: Sequence[Point], dimensions: Sequence[str] = tuple(HIGHER_IS_BETTER)) -> Front:
    """The front over `dimensions`.

    A point beats another where it is as good in every dimension and better in at least one; equal points beat each
    other not, so both may stand on the front. Raises SettingsError for a dimension that does not exist, for none at
    all, and for two points of one name.
    """
    unknown = [name for name in dimensions if name not in HIGHER_IS_BETTER]
    if unknown or not dimensions:
        raise SettingsError(f"The dimensions of a front are some of {', '.join(HIGHER_IS_BETTER)}.")
    if len({point.name for point in points}) < len(points):
        raise SettingsError("Two points of a front have the same name.")
    known: dict[str, tuple[float, ...]] = {}
    excluded: dict[str, tuple[str, ...]] = {}
    for point in points:
        values = {name: _known(getattr(point, name)) for name in dimensions}
        if missing := tuple(name for name, value in values.items() if value is None):
            excluded[point.name] = missing
        else:
            known[point.name] = tuple(
                value if HIGHER_IS_BETTER[name] else -value for name, value in values.items() if value is not None
            )
    best = tuple(name for name, own in known.items() if not any(_beats(other, own) for other in known.values()))
    beaten = {
        name: tuple(other for other in best if _beats(known[other], own))
        for name, own in known.items()
        if name not in best
    }
    return Front(best, beaten, excluded)


def _known(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(mine >= theirs for mine, theirs in zip(one, other, strict=True))
