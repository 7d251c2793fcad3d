"""Traffic over time: how slow, which scores, what became of the requests; and its queries as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.monitoring.alerts import Check
from rerank_core.monitoring.canary import compare_scores
from rerank_core.monitoring.drift import Drift
from rerank_core.monitoring.over_time import Step
from rerank_core.monitoring.queries import QueryGroup
from rerank_core.store.traffic_canaries import Canary, Scores
from rerank_core.store.traffic_requests import FAILED, LISTED, RERANKED, SKIPPED
from rerank_core.views import palette
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_HEIGHT = 220
_PERCENTILES = {"p50": palette.GREY, "p95": palette.BLUE, "p99": palette.VERMILION}
_DASHES = {"p50": [1, 0], "p95": [6, 3], "p99": [2, 2]}
_OUTCOMES = {RERANKED: palette.BLUE, LISTED: palette.GREY, SKIPPED: palette.ORANGE, FAILED: palette.VERMILION}


def latency_chart(steps: Sequence[Step], budget: Mapping[str, float]) -> alt.LayerChart | None:
    """p50, p95 and p99 of each step in milliseconds, with the budget of each as a rule; None without a time."""
    import altair as alt
    import pandas as pd

    rows = [
        [_at(step), name, value, step.requests]
        for step in steps
        for name, value in (("p50", step.p50), ("p95", step.p95), ("p99", step.p99))
        if value is not None
    ]
    if not rows:
        return None
    names = list(_PERCENTILES)
    colour = alt.Color("percentile:N", scale=alt.Scale(domain=names, range=list(_PERCENTILES.values())),
                       legend=alt.Legend(orient="top", title=None))  # fmt: skip
    dash = alt.StrokeDash("percentile:N", scale=alt.Scale(domain=names, range=list(_DASHES.values())), legend=None)
    frame = pd.DataFrame(rows, columns=["time", "percentile", "ms", "requests"])
    lines = alt.Chart(frame).mark_line(point=len(steps) < 3).encode(
        x=_time_axis(), y=alt.Y("ms:Q", title="milliseconds"), color=colour, strokeDash=dash,
        tooltip=["time:T", "percentile:N", alt.Tooltip("ms:Q", format=",.0f"), "requests:Q"],
    )  # fmt: skip
    limits = pd.DataFrame([[name, value] for name, value in budget.items()], columns=["percentile", "budget"])
    rules = alt.Chart(limits).mark_rule(strokeWidth=2, opacity=0.6).encode(
        y="budget:Q", color=colour, strokeDash=dash,
        tooltip=["percentile:N", alt.Tooltip("budget:Q", format=",.0f")],
    )  # fmt: skip
    return readable(alt.LayerChart(layer=[lines, rules] if budget else [lines], height=_HEIGHT))


def scores_chart(steps: Sequence[Step], drift: Drift | None) -> alt.LayerChart | None:
    """Level of the scores of each step, one standard deviation to both sides; the reference as dashed rules."""
    import altair as alt
    import pandas as pd

    rows = [
        [_at(step), step.level, step.level - step.spread, step.level + step.spread, step.requests]
        for step in steps
        if step.level is not None and step.spread is not None
    ]
    if not rows:
        return None
    base = alt.Chart(pd.DataFrame(rows, columns=["time", "level", "low", "high", "requests"])).encode(x=_time_axis())
    y = alt.Y("low:Q", title="score", scale=alt.Scale(zero=False))
    band = base.mark_area(opacity=0.2, color=palette.BLUE).encode(y=y, y2="high:Q")
    level = base.mark_line(color=palette.BLUE, point=len(rows) < 3).encode(
        y=alt.Y("level:Q", title="score"),
        tooltip=[
            "time:T",
            *[alt.Tooltip(f"{name}:Q", format=".2f") for name in ("level", "low", "high")],
            "requests:Q",
        ],
    )
    layers = [band, level]
    if drift is not None:
        spread = drift.spread_before
        held = pd.DataFrame({"score": [drift.level_before - spread, drift.level_before, drift.level_before + spread]})
        layers.append(alt.Chart(held).mark_rule(color=palette.QUIET, strokeDash=[4, 4]).encode(y="score:Q"))
    return readable(alt.LayerChart(layer=layers, height=_HEIGHT))


def outcomes_chart(steps: Sequence[Step]) -> alt.Chart:
    """What became of the requests of each step, stacked."""
    import altair as alt
    import pandas as pd

    rows = [[_at(step), name, step.outcomes.get(name, 0)] for step in steps for name in _OUTCOMES]
    frame = pd.DataFrame(rows, columns=["time", "outcome", "requests"])
    colour = alt.Color("outcome:N", scale=alt.Scale(domain=list(_OUTCOMES), range=list(_OUTCOMES.values())),
                       legend=alt.Legend(orient="top", title=None))  # fmt: skip
    chart: alt.Chart = alt.Chart(frame, height=_HEIGHT).mark_bar().encode(
        x=_time_axis(), y=alt.Y("requests:Q", title="requests"), color=colour,
        tooltip=["time:T", "outcome:N", "requests:Q"],
    )  # fmt: skip
    return readable(chart)


def checks_frame(checks: Sequence[Check]) -> pd.DataFrame:
    """One row per check, alerts first: what, of which system, before and now, how likely, from where on an alert."""
    import pandas as pd

    columns = ["", "What", "System", "Before", "Now", "Unit", "p", "Alert from"]
    ordered = sorted(checks, key=lambda one: (not one.is_alert, 1.0 if one.p is None else one.p))
    values = [
        ["alert" if one.is_alert else "", one.what, f"{one.system}{' (shadow)' if one.role == 'shadow' else ''}",
         one.before, one.now, one.unit, one.p, one.limit]
        for one in ordered
    ]  # fmt: skip
    return pd.DataFrame(values, columns=columns)


def queries_frame(groups: Sequence[QueryGroup], total: int) -> pd.DataFrame:
    """One row per query: how it was asked, how often, its share of all requests, and the spellings merged into it."""
    import pandas as pd

    columns = ["Query", "Asked", "Share", "Nearly the same"]
    values = [
        [group.text or f"(hash {group.key.removeprefix('hash:')[:12]})", group.count, group.count / max(1, total),
         " · ".join(one.text for one in group.asked[1:])]
        for group in groups
    ]  # fmt: skip
    return pd.DataFrame(values, columns=columns)


def _at(step: Step) -> pd.Timestamp:
    import pandas as pd

    return pd.Timestamp(step.at + step.seconds / 2, unit="s", tz="UTC")


def _time_axis() -> alt.X:
    import altair as alt

    # as the verb and the tables say it, whatever the browser's own zone is
    return alt.X("time:T", title="time (UTC)", scale=alt.Scale(type="utc"))


def looks_frame(canary: Canary, looks: Sequence[tuple[str, Scores]]) -> pd.DataFrame:
    """One row per model and look at a canary, the newest first; times in UTC, differences in the model's own units."""
    import pandas as pd

    rows = [
        [
            at[:16].replace("T", " "),
            one.model,
            one.largest,
            one.mean,
            one.limit,
            "changed" if one.has_changed else "same",
        ]
        for at, scores in reversed(looks)
        for one in compare_scores(canary, scores)
    ]
    return pd.DataFrame(rows, columns=["Looked", "Model", "Largest difference", "Mean", "Same up to", "Found"])
