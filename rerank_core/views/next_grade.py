"""The next grade that matters most, as pictures: is the model right, and where does the verdict stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.judging.next_grade.calibration import Bin
from rerank_core.judging.next_grade.stopping import Standing
from rerank_core.views.palette import BLUE, GREY

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# Okabe and Ito's palette, safe for colour-blind eyes


def calibration_frame(bins: Sequence[Bin]) -> pd.DataFrame:
    """A row a bin, the lowest prediction first: predicted, seen, low, high (shares, 0 to 1) and grades (how many)."""
    import pandas as pd

    rows = [[one.predicted, one.seen, one.low, one.high, one.n] for one in bins]
    return pd.DataFrame(rows, columns=["predicted", "seen", "low", "high", "grades"])


def calibration_chart(bins: Sequence[Bin]) -> alt.LayerChart:
    """Predicted against seen share of relevant passages; on the dashed line they are equal. Bars: 95 % intervals."""
    import altair as alt
    import pandas as pd

    base = alt.Chart(calibration_frame(bins))
    share = alt.Scale(domain=[0, 1])
    x = alt.X("predicted:Q", title="predicted: relevant", scale=share, axis=alt.Axis(format="%"))
    seen = alt.Y("seen:Q", title="graded: relevant", scale=share, axis=alt.Axis(format="%"))
    tooltip = [
        alt.Tooltip("predicted:Q", format=".0%"),
        alt.Tooltip("seen:Q", title="graded", format=".0%"),
        alt.Tooltip("low:Q", title="95 % from", format=".0%"),
        alt.Tooltip("high:Q", title="to", format=".0%"),
        alt.Tooltip("grades:Q"),
    ]
    equal = alt.Chart(pd.DataFrame({"predicted": [0.0, 1.0], "seen": [0.0, 1.0]}))
    return alt.LayerChart(
        layer=[
            equal.mark_line(strokeDash=[4, 4], color=GREY).encode(x=x, y=seen),
            base.mark_rule(color=BLUE).encode(x=x, y=alt.Y("low:Q", title="graded: relevant"), y2="high:Q"),
            base.mark_point(filled=True, size=60, opacity=1, color=BLUE).encode(x=x, y=seen, tooltip=tooltip),
        ],
        height=260,
    )


def standing_frame(standings: Sequence[Standing]) -> pd.DataFrame:
    """A row for each standing, the fewest grades first: grades, p_better, delta, low, high."""
    import pandas as pd

    rows = [[one.grades, one.p_better, one.delta, one.low, one.high] for one in standings]
    frame = pd.DataFrame(rows, columns=["grades", "p_better", "delta", "low", "high"])
    return frame.sort_values("grades", kind="stable", ignore_index=True)


def probability_chart(standings: Sequence[Standing], better: str, confidence: float = 0.95) -> alt.LayerChart:
    """P(`better` is better) over the number of grades; the verdict is there beyond either dashed line."""
    import altair as alt
    import pandas as pd

    line = (
        alt.Chart(standing_frame(standings))
        .mark_line(point=alt.OverlayMarkDef(size=40), color=BLUE)
        .encode(
            x=_grades(),
            y=alt.Y(
                "p_better:Q",
                title=f"{better} is better",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", titleLimit=240),
            ),
            tooltip=[alt.Tooltip("grades:Q"), alt.Tooltip("p_better:Q", title="probability", format=".1%")],
        )
    )
    lines = alt.Chart(pd.DataFrame({"p_better": [1.0 - confidence, confidence]}))
    return alt.LayerChart(
        layer=[lines.mark_rule(strokeDash=[4, 4], color=GREY).encode(y="p_better:Q"), line], height=220
    )


def interval_chart(standings: Sequence[Standing], measure: str) -> alt.LayerChart:
    """The expected change in `measure` and its interval over the number of grades; the dashed line is no change."""
    import altair as alt
    import pandas as pd

    base = alt.Chart(standing_frame(standings))
    title = f"change in {measure}"
    zero = alt.Chart(pd.DataFrame({"delta": [0.0]})).mark_rule(strokeDash=[4, 4], color=GREY).encode(y="delta:Q")
    band = base.mark_area(opacity=0.25, color=BLUE).encode(x=_grades(), y=alt.Y("low:Q", title=title), y2="high:Q")
    line = base.mark_line(point=alt.OverlayMarkDef(size=40), color=BLUE).encode(
        x=_grades(),
        y=alt.Y("delta:Q", title=title),
        tooltip=[
            alt.Tooltip("grades:Q"),
            alt.Tooltip("delta:Q", title=title, format="+.4f"),
            alt.Tooltip("low:Q", title="from", format="+.4f"),
            alt.Tooltip("high:Q", title="to", format="+.4f"),
        ],
    )
    return alt.LayerChart(layer=[band, zero, line], height=220)


def _grades() -> alt.X:
    import altair as alt

    return alt.X("grades:Q", title="grades", axis=alt.Axis(format="d", tickMinStep=1))
