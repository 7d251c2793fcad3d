"""Quality against latency, with cost: what is on the Pareto front, and what something else beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.evaluation.pareto import Front, Point
from rerank_core.views.palette import BLUE, GREY, QUIET

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ON, BEATEN = "on the front", "beaten"
_COLOURS = {ON: BLUE, BEATEN: GREY}
_SHAPES = {ON: "diamond", BEATEN: "circle"}


def pareto_frame(points: Sequence[Point], front: Front) -> pd.DataFrame:
    """One row per point that is on the front or beaten: system, quality, ms (latency in milliseconds), cost, place, by.

    `points`: latency in seconds, cost for 1,000 queries. `by`: the names that beat it, "" on the front. What the front
    excludes is left out: say so beside the chart.
    """
    import pandas as pd

    rows = []
    for point in points:
        if point.name in front.excluded or point.latency is None:
            continue
        place = ON if point.name in front.best else BEATEN
        by = ", ".join(front.beaten.get(point.name, ()))
        rows.append([point.name, point.quality, point.latency * 1000, point.cost, place, by])
    columns = ["system", "quality", "ms", "cost", "place", "by"]
    return pd.DataFrame(rows, columns=columns).astype({"cost": "float64"})


def pareto_chart(frame: pd.DataFrame, measure: str) -> alt.LayerChart:
    """`pareto_frame` as points: quality upward, milliseconds per query to the right (logarithmic); the front joined."""
    import altair as alt

    base = alt.Chart(frame).encode(
        x=alt.X("ms:Q", title="median time of a query, ms (logarithmic)", scale=alt.Scale(type="log", padding=40)),
        y=alt.Y("quality:Q", title=measure, scale=alt.Scale(zero=False, padding=24)),
    )
    line = base.transform_filter(f"datum.place == '{ON}'").mark_line(color=_COLOURS[ON], opacity=0.5)
    domain = list(_COLOURS)
    dots = base.mark_point(filled=True, size=140, opacity=1).encode(
        color=alt.Color(
            "place:N",
            title=None,
            scale=alt.Scale(domain=domain, range=list(_COLOURS.values())),
            legend=alt.Legend(orient="top"),
        ),
        shape=alt.Shape("place:N", title=None, scale=alt.Scale(domain=domain, range=list(_SHAPES.values()))),
        tooltip=[
            alt.Tooltip("system:N"),
            alt.Tooltip("quality:Q", title=measure, format=".4f"),
            alt.Tooltip("ms:Q", title="p50 ms", format=",.1f"),
            alt.Tooltip("cost:Q", title="$ for 1,000 queries", format=",.4f"),
            alt.Tooltip("by:N", title="beaten by"),
        ],
    )
    # vega's own text colour does not follow the page's theme; this grey reads on both
    names = base.mark_text(dy=-14, color=QUIET, limit=240).encode(text="system:N")
    return alt.LayerChart(layer=[line, dots, names], height=340)
