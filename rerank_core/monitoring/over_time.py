"""Traffic in equal steps of time: how much, how slow, which scores, what became of the requests."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.monitoring.traffic import Traffic
from rerank_core.store.traffic_requests import OUTCOMES

STEPS = 60
_SECONDS = (60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 86_400, 7 * 86_400)
"""What a step may be: 1 to 15 minutes, 1 to 6 hours, a day, a week."""


@dataclass(frozen=True, slots=True)
class Step:
    """The requests from `at` on, for `seconds`. Times are milliseconds; None where no request told one.

    `level`, `spread`: mean and standard deviation of the scores. `outcomes`: outcome -> requests. `unchanged`: share of
    the reranks that left the order, `kept`: of the pairs whose score was kept; None where the log does not say.
    """

    at: float
    seconds: float
    requests: int
    p50: float | None
    p95: float | None
    p99: float | None
    level: float | None
    spread: float | None
    outcomes: dict[str, int]
    unchanged: float | None
    kept: float | None


def step_seconds(traffic: Traffic, steps: int = STEPS) -> float:
    """How long a step is, so that there are about `steps` of them at most."""
    if not len(traffic):
        return float(_SECONDS[0])
    wide = float(traffic.at[-1] - traffic.at[0]) / steps
    return float(next((one for one in _SECONDS if one >= wide), -(-wide // _SECONDS[-1]) * _SECONDS[-1]))


def over_time(traffic: Traffic, seconds: float | None = None) -> list[Step]:
    """The steps in which there were requests, oldest first."""
    import numpy as np

    if not len(traffic):
        return []
    wide = seconds or step_seconds(traffic)
    numbers = np.floor(traffic.at / wide).astype(np.int64)
    borders = np.flatnonzero(np.diff(numbers)) + 1
    parts = zip([0, *borders], [*borders, len(traffic)], strict=True)
    return [_step(traffic.where(slice(begin, end)), float(numbers[begin]) * wide, wide) for begin, end in parts]


def _step(part: Traffic, at: float, wide: float) -> Step:
    import numpy as np

    times = part.ms[np.isfinite(part.ms)]
    p50, p95, p99 = (float(one) for one in np.quantile(times, (0.5, 0.95, 0.99))) if len(times) else (None,) * 3
    scores = np.concatenate(part.scores.tolist()) if len(part) else np.array([])
    moved, told = part.moved[np.isfinite(part.moved)], np.isfinite(part.kept) & (part.pairs > 0)
    return Step(
        at=at,
        seconds=wide,
        requests=len(part),
        p50=p50,
        p95=p95,
        p99=p99,
        level=float(scores.mean()) if len(scores) else None,
        spread=float(scores.std()) if len(scores) else None,
        outcomes={name: int((part.outcome == name).sum()) for name in OUTCOMES},
        unchanged=float((moved == 0).mean()) if len(moved) else None,
        kept=float(part.kept[told].sum() / part.pairs[told].sum()) if told.any() else None,
    )
