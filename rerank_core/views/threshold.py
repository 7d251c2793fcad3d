"""Precision and answered share over the threshold, as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rerank_core.evaluation.threshold import ThresholdCurve, ThresholdPoint
from rerank_core.views.palette import BLUE, VERMILION
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# Okabe and Ito's palette, safe for colour-blind eyes; the dash tells the lines apart as well
_LINES = {"precision": BLUE, "answered share": VERMILION}


def threshold_frame(curve: ThresholdCurve) -> pd.DataFrame:
    """One row per point and line, lowest threshold first.

    Columns: threshold (raw score), line ("precision" or "answered share"), value (0 to 1; precision without any judged
    passage is missing), answered and queries, shown, judged, unjudged (counts).
    """
    import pandas as pd

    rows = [
        {
            "threshold": point.threshold,
            "line": line,
            "value": value,
            "answered": point.answered,
            "queries": curve.queries,
            "shown": point.shown,
            "judged": point.judged,
            "unjudged": point.unjudged,
        }
        for point in curve.points
        for line, value in (("precision", point.precision), ("answered share", point.share))
    ]
    columns = ["threshold", "line", "value", "answered", "queries", "shown", "judged", "unjudged"]
    return pd.DataFrame(rows, columns=columns).astype({"value": "float64", "threshold": "float64"})


def threshold_chart(
    curve: ThresholdCurve, chosen: ThresholdPoint | None = None, scale: str = "raw score"
) -> alt.LayerChart:
    """The chart of `threshold_frame`, with a rule at the `chosen` threshold; `scale` names the unit of the scores."""
    import altair as alt
    import pandas as pd

    frame = threshold_frame(curve)
    names = list(_LINES)
    lines = (
        alt.Chart(frame)
        # the value at a threshold holds from just above the one below it
        .mark_line(interpolate="step-before", point=alt.OverlayMarkDef(size=14))
        .encode(
            x=alt.X("threshold:Q", title=f"score threshold ({scale})", scale=alt.Scale(zero=False)),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            color=alt.Color(
                "line:N",
                title=None,
                scale=alt.Scale(domain=names, range=list(_LINES.values())),
                legend=alt.Legend(orient="bottom"),
            ),
            strokeDash=alt.StrokeDash("line:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]]), legend=None),
            tooltip=[
                alt.Tooltip("threshold:Q", format=".4f"),
                alt.Tooltip("line:N", title=" "),
                alt.Tooltip("value:Q", format=".1%"),
                alt.Tooltip("answered:Q", title="queries answered"),
                alt.Tooltip("queries:Q", title="of"),
                alt.Tooltip("shown:Q", title="passages shown"),
                alt.Tooltip("judged:Q", title="of these graded"),
                alt.Tooltip("unjudged:Q", title="ungraded"),
            ],
        )
    )
    picked = pd.DataFrame({"threshold": [] if chosen is None else [chosen.threshold]}, dtype="float64")
    rule = alt.Chart(picked).mark_rule(strokeDash=[2, 2], size=2).encode(x="threshold:Q")
    return readable(alt.LayerChart(layer=[lines, rule], height=300))
