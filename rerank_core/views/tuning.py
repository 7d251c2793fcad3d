"""The answer of a search as a table and as one picture: differences with their intervals, over what noise reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rerank_core.views.palette import BLUE, GREY, ORANGE
from rerank_core.views.sizes import height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_COLUMNS = {
    "system": "System",
    "before": "As set before",
    "seen": "Promised",
    "held_out": "Held out",
    "kept": "Gain kept",
    "delta": "Difference",
    "interval": "95 % interval",
    "holds": "Holds in",
    "answer": "Answer",
    "ms": "ms",
    "stability": "Same choice",
    "setting": "Best setting",
}


def tuning_frame(found: Mapping[str, Any]) -> pd.DataFrame:
    """One row per search, the tuned first stage first, out of `tuning.record`. Shares are from 0 to 1."""
    import pandas as pd

    rows = []
    for row in found["rows"]:
        interval = None if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
        values = {**row, "interval": interval, "system": row.get("label", row["system"])}
        rows.append({name: values[key] for key, name in _COLUMNS.items()})
    return pd.DataFrame(rows)


CHANCE = "by chance alone"
_ANSWERS = ["worth it", "too close to call", "not worth it"]


def tuning_chart(found: Mapping[str, Any]) -> alt.LayerChart:
    """Each system's held-out difference with its interval; in the last row how far the best of them gets by chance.

    The grey band of that row holds 95 of 100 samples in which no system differs from the baseline.
    """
    import altair as alt
    import pandas as pd

    rows = [row for row in found["rows"] if row["delta"] is not None]
    rows = [{**row, "system": row.get("label", row["system"])} for row in rows]
    names = [*(row["system"] for row in rows), CHANCE]
    points = pd.DataFrame({key: row[key] for key in ("system", "delta", "low", "high", "answer")} for row in rows)
    low, high = _band(found["noise"])
    band = pd.DataFrame({"system": [CHANCE], "low": [low], "high": [high]})
    title = f"held-out difference from the tuned first stage, {found['measure']}"
    across = alt.X("low:Q", title=title, scale=alt.Scale(zero=True, nice=True))
    upward = alt.Y("system:N", title=None, sort=names, axis=alt.Axis(labelLimit=260))
    colour = alt.Color(
        "answer:N",
        title=None,
        scale=alt.Scale(domain=_ANSWERS, range=[BLUE, GREY, ORANGE]),
        legend=alt.Legend(orient="top"),
    )
    shape = alt.Shape(
        "answer:N", title=None, scale=alt.Scale(domain=_ANSWERS, range=["triangle-up", "circle", "triangle-down"])
    )
    chance = alt.Chart(band).mark_bar(color=GREY, opacity=0.5, size=14).encode(x=across, x2="high:Q", y=upward)
    bars = alt.Chart(points).mark_rule(strokeWidth=3).encode(x=across, x2="high:Q", y=upward, color=colour)
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=140, opacity=1)
        .encode(x=alt.X("delta:Q", title=title), y=upward, color=colour, shape=shape)
    )
    zero = alt.Chart(pd.DataFrame({"low": [0.0]})).mark_rule(strokeDash=[4, 3]).encode(x=across)
    height = height_of_rows(len(names), 34, legend=True)
    return readable(alt.LayerChart(layer=[chance, zero, bars, dots], height=height))


def _band(noise: Sequence[Sequence[float]]) -> tuple[float, float]:
    """From where to where 95 of 100 samples lie; `noise` as `tuning.record` has it."""
    total, low, high = 0.0, 0.0, 0.0
    for mean, share in noise:
        if total < 0.025 <= total + share:
            low = mean
        if total < 0.975 <= total + share:
            high = mean
        total += share
    return low, high
