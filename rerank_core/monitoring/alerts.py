"""What is checked of a window of traffic, and which of it is an alert at a rate of false alarms that is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import count, figure, share
from rerank_core.monitoring.drift import MOST_SHUFFLES, Drift, score_drift
from rerank_core.monitoring.exact_tests import more_often, over_budget, slower
from rerank_core.monitoring.traffic import FEWEST, Traffic, Windows
from rerank_core.store.traffic_requests import FAILED, RERANKED, SHADOW, SKIPPED

RATE = 0.01
"""Of runs in which nothing changed, so many have an alert, if not another rate is asked for."""
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `before`, `now`: its value in the reference and in the window, in `unit`.

    `p`: how often it is seen where nothing changed; `limit`: from which p on downwards it is an alert. None: it is no
    matter of chance. `sentence`: for a person, whatever came of it.
    """

    what: str
    system: str
    role: str
    before: float | None
    now: float | None
    unit: str
    p: float | None
    limit: float | None
    is_alert: bool
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """By name, for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of a look. `rate` of false alarms of the whole look. `silent`: what could not be checked, and why."""

    checks: tuple[Check, ...]
    rate: float
    silent: tuple[str, ...]

    @property
    def alerts(self) -> tuple[Check, ...]:
        """The checks that are alerts, the least likely first."""
        return tuple(sorted((one for one in self.checks if one.is_alert), key=lambda one: one.p or 0.0))


@dataclass(frozen=True, slots=True)
class _Found:
    what: str
    before: float | None
    now: float | None
    unit: str
    p: float | None
    sentence: str


def parse_budget(text: str) -> dict[str, float]:
    """Milliseconds by percentile: "p95=200,p99=400". Raises SettingsError."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError as error:
            raise SettingsError(f"'{part}' is no budget: write p95=200 (milliseconds).") from error
        if name.strip() not in QUANTILES or not found[name.strip()] > 0:
            raise SettingsError(f"'{part}' is no budget: p50, p95 or p99, and milliseconds above 0.")
    return found


def watch(
    windows: Windows,
    budget: Mapping[str, float] | None = None,
    rate: float = RATE,
    seed: int = 0,
    stop_early: bool = False,
) -> Watched:
    """Check the window `now` against the reference, system by system.

    `budget`: percentile -> milliseconds. `rate`: where nothing changed, at most so many looks have an alert; it is
    shared out evenly over the checks (Bonferroni). Raises SettingsError for a rate that shuffles cannot show.
    """
    if not 0 < rate < 1:
        raise SettingsError(f"The rate of false alarms is {rate}; it lies between 0 and 1.")
    silent: list[str] = []
    systems = [pair for pair in windows.now.systems() if _is_enough(windows, *pair, silent)]
    planned = [(pair, *_pair(windows, *pair)) for pair in systems]
    cheap = [(pair, list(_quick(before, now, budget or {}))) for pair, before, now in planned]
    total = sum(one.p is not None for _, found in cheap for one in found) + len(planned)
    limit = rate / max(1, total)
    if total and limit * (MOST_SHUFFLES + 1) < 1:
        raise SettingsError(f"A rate of {rate} over {total} checks is lower than {MOST_SHUFFLES:,} shuffles can show.")
    checks: list[Check] = []
    for (pair, found), (_, before, now) in zip(cheap, planned, strict=True):
        drift = score_drift(before.scores, now.scores, limit, seed, stop_early)
        found += [_drifted(drift)] if drift is not None else []
        checks += [
            Check(one.what, *pair, one.before, one.now, one.unit, one.p, None if one.p is None else limit,
                  one.p is None or one.p <= limit, f"{_name(*pair)}: {one.sentence}")
            for one in found
        ]  # fmt: skip
    return Watched(tuple(checks), rate, tuple(silent))


def _name(system: str, role: str) -> str:
    return f"{system} (shadow)" if role == SHADOW else system


def _pair(windows: Windows, system: str, role: str) -> tuple[Traffic, Traffic]:
    return windows.reference.of(system, role), windows.now.of(system, role)


def _is_enough(windows: Windows, system: str, role: str, silent: list[str]) -> bool:
    before, now = _pair(windows, system, role)
    for requests, where in ((now, "the window"), (before, "the reference")):
        if len(requests) < FEWEST:
            silent.append(f"{_name(system, role)}: {count(len(requests))} requests in {where}, {FEWEST} are needed.")
            return False
    return True


def _quick(before: Traffic, now: Traffic, budget: Mapping[str, float]) -> Iterator[_Found]:
    """All but the scores."""
    yield from _times(before, now, budget)
    yield from _shares(before, now)
    yield from _made_of(before, now)


def _times(before: Traffic, now: Traffic, budget: Mapping[str, float]) -> Iterator[_Found]:
    import numpy as np

    old, new = (times[np.isfinite(times)] for times in (before.ms, now.ms))
    if len(new) < FEWEST:
        return
    for name, quantile in QUANTILES.items():
        if name in budget:
            own = float(np.quantile(new, quantile))
            p = over_budget(new, quantile, budget[name])
            sentence = f"{name} is {figure(own, 0)} ms, and the budget is {figure(budget[name], 0)} ms"
            yield _Found(f"{name} over budget", budget[name], own, "ms", p, sentence)
        if len(old) >= FEWEST:
            p, was, own = slower(old, new, quantile)
            sentence = f"{name} is {figure(own, 0)} ms, and was {figure(was, 0)} ms"
            yield _Found(f"{name} slower", was, own, "ms", p, sentence)


def _shares(before: Traffic, now: Traffic) -> Iterator[_Found]:
    import numpy as np

    def outcomes(traffic: Traffic) -> Mapping[str, tuple[int, int]]:
        asked = int(np.isin(traffic.outcome, (RERANKED, SKIPPED, FAILED)).sum())
        reranked = traffic.where(traffic.outcome == RERANKED)
        known = reranked.moved[np.isfinite(reranked.moved)]
        needed = reranked.pairs > 0
        missed = (reranked.kept[needed] <= 0).sum() if np.isfinite(reranked.kept).any() else 0
        told = int((needed & np.isfinite(reranked.kept)).sum())
        return {
            "failed": (int((traffic.outcome == FAILED).sum()), asked),
            "skipped": (int((traffic.outcome == SKIPPED).sum()), asked),
            "order unchanged": (int((known == 0).sum()), len(known)),
            "no cache hit": (int(missed), told),
        }

    says = {
        "failed": "reranks failed",
        "skipped": "requests were not reranked",
        "order unchanged": "reranks left the order unchanged",
        "no cache hit": "reranks found no kept score",
    }
    old, new = outcomes(before), outcomes(now)
    for what, (n, total) in new.items():
        was, of = old[what]
        if total < FEWEST or of < FEWEST:
            continue
        sentence = f"{count(n)} of {count(total)} {says[what]} ({share(n / total)}); it was {share(was / of)}"
        yield _Found(what, was / of, n / total, "share", more_often(was, of, n, total), sentence)


def _made_of(before: Traffic, now: Traffic) -> Iterator[_Found]:
    """Another model or other settings under the same name, where the log tells: no matter of chance."""
    old, new = (list(dict.fromkeys(key for key in traffic.made_of.tolist() if key)) for traffic in (before, now))
    fresh = [key for key in new if key not in set(old)]
    if old and fresh:
        n = int((now.made_of == fresh[-1]).sum())
        sentence = f"it is made of something else since then: {fresh[-1]}, and was {old[-1]} ({count(n)} requests)"
        yield _Found("made of something else", None, None, "", None, sentence)


def _drifted(drift: Drift) -> _Found:
    by_chance = f", by chance up to {figure(drift.threshold, 2)}" if drift.threshold is not None else ""
    sentence = (
        f"scores are {figure(drift.distance, 2)} standard deviations away{by_chance}; level "
        f"{figure(drift.level_before, 2)} → {figure(drift.level_now, 2)}, spread {figure(drift.spread_before, 2)} → "
        f"{figure(drift.spread_now, 2)}"
    )
    return _Found("scores moved", drift.level_before, drift.level_now, "score", drift.p, sentence)


def alert_line(check: Check) -> str:
    """One line for a log: what, and how often it is seen where nothing changed."""
    by_chance = "" if check.p is None else f" [p = {check.p:.2g}, alert from {check.limit:.2g} down]"
    return f"{check.what}: {check.sentence}{by_chance}"


def replay(
    traffic: Traffic, size: int, reference: Traffic, rate: float, seed: int = 0
) -> Iterator[tuple[int, Watched]]:
    """(requests seen by then, what came of the look) after each `size` requests of `traffic`, held to a reference."""
    look = partial(watch, rate=rate, seed=seed, stop_early=True)
    for end in range(size, len(traffic) + 1, size):
        yield end, look(Windows(traffic.where(slice(end - size, end)), reference))
