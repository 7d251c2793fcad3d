"""Quality against latency, with cost: what is on the Pareto front, and what something else beats."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from rerank_core.evaluation.pareto import Front, Point
from rerank_core.views.palette import BLUE, GREY, QUIET
from rerank_core.views.sizes import SMALLEST, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

ON, BEATEN = "worth considering", "another is better and faster"
_COLOURS = {ON: BLUE, BEATEN: GREY}
_SHAPES = {ON: "diamond", BEATEN: "circle"}
_WIDTH, _HEIGHT = 480, 220
"""Pixels between the outermost points of a chart on a narrow screen."""
_LETTER, _LINE, _DOT, _LONGEST = 7, 16, 7, 240
_PLACES = (16, -17, 33, -34, 50, -51, 67, -68)


def pareto_frame(points: Sequence[Point], front: Front) -> pd.DataFrame:
    """One row per point that is on the front or beaten: system, quality, ms (in milliseconds), cost, place, by, up.

    `points`: latency in seconds, cost for 1,000 queries. `by`: the names that beat it, "" on the front. What the front
    excludes is left out: say so beside the chart. `up`: pixels by which a name stands above its point, below it where
    negative, so that no two names of neighbours lie on each other.
    """
    import pandas as pd

    rows: list[tuple[str, float, float, float | None, str, str]] = []
    for point in points:
        if point.name in front.excluded or point.latency is None or point.quality is None:
            continue
        place = ON if point.name in front.best else BEATEN
        by = ", ".join(front.beaten.get(point.name, ()))
        rows.append((point.name, point.quality, point.latency * 1000, point.cost, place, by))
    columns = ["system", "quality", "ms", "cost", "place", "by"]
    frame = pd.DataFrame(rows, columns=columns).astype({"cost": "float64"})
    ups = _apart([(row[0], row[2], row[1]) for row in rows])
    return frame.assign(up=pd.Series(ups, dtype="int64"))


def _apart(points: Sequence[tuple[str, float, float]]) -> list[int]:
    """For each (name, ms, quality) the height of its name over its point; on a chart as narrow as it may get."""
    across = _pixels([log10(ms) for _, ms, _ in points], _WIDTH)
    upward = _pixels([quality for _, _, quality in points], _HEIGHT)
    taken = [(x - _DOT, x + _DOT, y - _DOT, y + _DOT) for x, y in zip(across, upward, strict=True)]
    ups = []
    for (name, _, _), x, y in zip(points, across, upward, strict=True):
        half = min(len(name) * _LETTER, _LONGEST) / 2
        boxes = [(up, (x - half, x + half, y + up - _LINE / 2, y + up + _LINE / 2)) for up in _PLACES]
        # where every place is taken, the furthest one is
        up, box = next((one for one in boxes if not any(_meet(one[1], other) for other in taken)), boxes[-1])
        taken.append(box)
        ups.append(up)
    return ups


def _pixels(values: Sequence[float], length: int) -> list[float]:
    low, high = min(values, default=0.0), max(values, default=0.0)
    return [length * ((value - low) / (high - low) if high > low else 0.5) for value in values]


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


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
            alt.Tooltip("by:N", title="better and faster"),
        ],
    )
    # vega's own text colour does not follow the page's theme; this grey reads on both
    names = [
        base.transform_filter(f"datum.up == {up}")
        .mark_text(dy=-up, color=QUIET, limit=_LONGEST, fontSize=SMALLEST)
        .encode(text="system:N")
        for up in sorted(set(frame["up"]))
    ]
    return readable(alt.LayerChart(layer=[line, dots, *names], height=_HEIGHT + 140))
