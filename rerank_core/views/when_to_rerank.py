"""The share of queries that are reranked against what that gives and costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rerank_core.tuning.afterwards.rerank_where import WhenToRerank
from rerank_core.views.palette import BLUE, GREY, QUIET, VERMILION
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

BY_SIGNAL, BY_CHANCE, FITTED = "by the signal", "drawn at random", "the fitted floor"


def curve_frame(found: WhenToRerank) -> pd.DataFrame:
    """One row per point of the curve: Reranked (0 to 1), the measure, By chance, ms, $ / 1,000."""
    import pandas as pd

    rows = [[one.share, one.value, one.by_chance, one.ms, one.usd] for one in found.curve]
    names = ["Reranked", found.measure, "By chance", "ms", "$ / 1,000"]
    return pd.DataFrame(rows, columns=names, dtype="float64")


def curve_chart(found: WhenToRerank) -> alt.LayerChart:
    """The held-out mean over the share that is reranked, beside a random choice; the fitted floor as a point."""
    import altair as alt
    import pandas as pd

    lines = pd.DataFrame(
        [(one.share, value, name) for one in found.curve for name, value in _values(one.value, one.by_chance)],
        columns=["share", "value", "how"],
    )
    point = pd.DataFrame([(found.held_out_share, found.held_out, FITTED)], columns=["share", "value", "how"])
    colour = alt.Color(
        "how:N",
        title=None,
        scale=alt.Scale(domain=[BY_SIGNAL, BY_CHANCE, FITTED], range=[BLUE, GREY, VERMILION]),
        legend=alt.Legend(orient="top", columns=3),
    )
    x = alt.X("share:Q", title="share of queries reranked", axis=alt.Axis(format="%"))
    y = alt.Y("value:Q", title=found.measure, scale=alt.Scale(zero=False, nice=True))
    dash = alt.StrokeDash(
        "how:N", scale=alt.Scale(domain=[BY_SIGNAL, BY_CHANCE, FITTED], range=[[1, 0], [5, 4], [1, 0]]), legend=None
    )
    tooltip = [
        alt.Tooltip("how:N", title=" "),
        alt.Tooltip("share:Q", format=".0%"),
        alt.Tooltip("value:Q", title=found.measure, format=".3f"),
    ]
    drawn = (
        alt.Chart(lines)
        .mark_line(point=alt.OverlayMarkDef(size=40))
        .encode(x=x, y=y, color=colour, strokeDash=dash, tooltip=tooltip)
    )
    here = (
        alt.Chart(point)
        .mark_point(shape="diamond", filled=True, size=160, opacity=1)
        .encode(x=x, y=y, color=colour, tooltip=tooltip)
    )
    needed = (
        alt.Chart(pd.DataFrame({"value": [found.always - found.margin]}))
        .mark_rule(strokeDash=[2, 4], color=QUIET)
        .encode(y="value:Q")
    )
    return readable(alt.LayerChart(layer=[drawn, needed, here], height=320))


def _values(signal: float, chance: float) -> tuple[tuple[str, float], ...]:
    return (BY_SIGNAL, signal), (BY_CHANCE, chance)
