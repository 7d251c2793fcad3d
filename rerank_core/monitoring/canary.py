"""Whether the model behind a name is still the one that it was: fifty pairs, scored when that was known and now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from rerank_core.evaluation.numbers import figure
from rerank_core.store.traffic_canaries import Canary, Scores

_SHARE = 0.01
"""Of the spread of a model's scores: a smaller difference is rounding, such as on another processor."""
_TIMES_NOISE = 5.0


@dataclass(frozen=True, slots=True)
class Change:
    """How far the scores of one model of the system went. `largest`, `mean`: in the model's own units, of |now − then|.

    `spread`: the standard deviation of its scores then. `limit`: what counts as the same. `correlation` of now with
    then; None where one of them does not vary.
    """

    model: str
    largest: float
    mean: float
    spread: float
    limit: float
    correlation: float | None

    @property
    def has_changed(self) -> bool:
        """Whether it is another model."""
        return self.largest > self.limit


@dataclass(frozen=True, slots=True)
class CanaryCheck:
    """What came of the last look, which was at `looked`; times are ISO 8601, in UTC.

    `since`: when the scores were last the same; `at`: when they were first others, or the last look where they never
    were. Both are looks, between which the change lies. `made_of_changed`: the system has other settings or another
    revision here than then.
    """

    system: str
    changes: tuple[Change, ...]
    since: str
    at: str
    looked: str
    made_of_changed: bool

    @property
    def has_changed(self) -> bool:
        """Whether a model of the system is another one."""
        return any(change.has_changed for change in self.changes)

    @property
    def worst(self) -> Change:
        """The model that went farthest, measured by what counts as the same for it."""
        return max(self.changes, key=lambda one: one.largest / one.limit)

    def sentence(self) -> str:
        """For a person, in one line."""
        worst = self.worst
        if not self.has_changed:
            return (
                f"{self.system}: the model is the one of {self.since[:10]}; the largest difference is "
                f"{figure(worst.largest, 5)}, and up to {figure(worst.limit, 5)} counts as the same."
            )
        known = " It has other settings or another revision here too." if self.made_of_changed else ""
        return (
            f"{self.system}: the model behind this name changed between {_minute(self.since)} and {_minute(self.at)}: "
            f"scores of the same pairs are up to {figure(worst.largest, 3)} away, {figure(worst.mean, 3)} on average; "
            f"their standard deviation was {figure(worst.spread, 3)}.{known}"
        )


def compare_scores(canary: Canary, scores: Scores) -> tuple[Change, ...]:
    """How far each model went, of those that both have a score per pair of; () where none is."""
    return tuple(
        _change(model, canary.scores[model], scores[model], canary.noise)
        for model in canary.scores
        if len(scores.get(model, ())) == len(canary.scores[model]) > 0
    )


def _change(model: str, then: Sequence[float], now: Sequence[float], noise: float) -> Change:
    apart = [abs(a - b) for a, b in zip(then, now, strict=True)]
    spread, spread_now = pstdev(then), pstdev(now)
    both = fmean(a * b for a, b in zip(then, now, strict=True)) - fmean(then) * fmean(now)
    correlation = both / (spread * spread_now) if spread > 0 and spread_now > 0 else None
    limit = max(_SHARE * spread, _TIMES_NOISE * noise, 1e-6)
    return Change(model, max(apart), fmean(apart), spread, limit, correlation)


def last_check(canary: Canary, looks: Sequence[tuple[str, Scores]], made_of: str) -> CanaryCheck | None:
    """What the last look says, and since when. `looks`: (when, scores), oldest first; `made_of`: the system now.

    None where nothing was scored again yet.
    """
    since, first = canary.at, ""
    last: CanaryCheck | None = None
    for when, scores in looks:
        changes = compare_scores(canary, scores)
        if not changes:
            continue
        if not any(change.has_changed for change in changes):
            last = CanaryCheck(canary.system, changes, canary.at, when, when, made_of != canary.made_of)
            since, first = when, ""
        else:
            first = first or when
            last = CanaryCheck(canary.system, changes, since, first, when, made_of != canary.made_of)
    return last


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")
