"""A measure and its latency against the number of candidates reranked."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import TYPE_CHECKING

from rerank_core.experiment.depth import DepthPoint
from rerank_core.views.palette import BLUE, GREY, VERMILION
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


def depth_frame(points: Sequence[DepthPoint]) -> pd.DataFrame:
    """One row per depth: depth, value, queries, pairs, retrieve (ms), score (ms), how ("measured", "estimated"), timed.

    score is missing where it was neither measured nor can be estimated, and how is "" there.
    """
    import pandas as pd

    rows = []
    for point in points:
        measured = point.score_seconds is not None
        score = point.score_seconds if measured else point.score_estimate
        how = "measured" if measured else "estimated" if score is not None else ""
        rows.append(
            [point.depth, point.value, point.n, point.pairs, _ms(point.retrieve_seconds), _ms(score), how, point.timed]
        )
    columns = ["depth", "value", "queries", "pairs", "retrieve", "score", "how", "timed"]
    return pd.DataFrame(rows, columns=columns).astype({"retrieve": "float64", "score": "float64"})


def depth_chart(frame: pd.DataFrame, measure: str, knee: int | None) -> alt.LayerChart:
    """The measure over the depth (logarithmic), with a rule at the knee."""
    import altair as alt
    import pandas as pd

    line = (
        alt.Chart(frame)
        .mark_line(point=alt.OverlayMarkDef(size=60), color=BLUE)
        .encode(
            x=_depths(frame),
            y=alt.Y("value:Q", title=measure, scale=alt.Scale(domain=_span(frame))),
            tooltip=[
                alt.Tooltip("depth:Q", title="candidates"),
                alt.Tooltip("value:Q", title=measure, format=".4f"),
                alt.Tooltip("queries:Q"),
            ],
        )
    )
    at = pd.DataFrame({"depth": [] if knee is None else [knee]}, dtype="int64")
    rule = alt.Chart(at).mark_rule(strokeDash=[4, 4], color=GREY).encode(x="depth:Q")
    return readable(alt.LayerChart(layer=[rule, line], height=260))


def depth_time_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """Milliseconds of scoring over the depth; what is estimated has an open mark."""
    import altair as alt

    known = frame[frame["how"] != ""]
    base = alt.Chart(known).encode(x=_depths(frame), y=alt.Y("score:Q", title="reranking, ms per query (median)"))
    marks = base.mark_point(size=80, opacity=1, color=VERMILION).encode(
        shape=alt.Shape(
            "how:N",
            title=None,
            scale=alt.Scale(domain=["measured", "estimated"], range=["circle", "triangle"]),
            legend=alt.Legend(orient="top"),
        ),
        fillOpacity=alt.condition("datum.how == 'measured'", alt.value(1), alt.value(0)),
        fill=alt.value(VERMILION),
        tooltip=[
            alt.Tooltip("depth:Q", title="candidates"),
            alt.Tooltip("score:Q", title="reranking, ms", format=",.1f"),
            alt.Tooltip("retrieve:Q", title="first stage, ms", format=",.1f"),
            alt.Tooltip("how:N", title=" "),
            alt.Tooltip("timed:Q", title="queries timed"),
        ],
    )
    return readable(alt.LayerChart(layer=[base.mark_line(color=VERMILION, opacity=0.5), marks], height=260))


def _depths(frame: pd.DataFrame) -> alt.X:
    import altair as alt

    return alt.X(
        "depth:Q",
        title="candidates reranked",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(values=[int(depth) for depth in frame["depth"]], format="d"),
    )


def _span(frame: pd.DataFrame) -> list[float]:
    """From a step of 0.05 below the values to one above, so that a difference of no weight does not look steep."""
    steps = frame["value"] / 0.05
    return [max(0.0, 0.05 * (floor(steps.min()) - 1)), min(1.0, 0.05 * (ceil(steps.max()) + 1))]


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
