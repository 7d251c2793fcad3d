"""Whether the model behind the next grade that matters most predicts well, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.judging.next_grade.calibration import Bin
from rerank_core.views.palette import BLUE, GREY
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


def calibration_frame(bins: Sequence[Bin]) -> pd.DataFrame:
    """One row per bin, lowest prediction first: predicted, seen, low, high (shares, 0 to 1) and grades (how many)."""
    import pandas as pd

    rows = [[bin_.predicted, bin_.seen, bin_.low, bin_.high, bin_.n] for bin_ in bins]
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
    chart = alt.LayerChart(
        layer=[
            equal.mark_line(strokeDash=[4, 4], color=GREY).encode(x=x, y=seen),
            base.mark_rule(color=BLUE).encode(x=x, y=alt.Y("low:Q", title="graded: relevant"), y2="high:Q"),
            base.mark_point(filled=True, size=60, opacity=1, color=BLUE).encode(x=x, y=seen, tooltip=tooltip),
        ],
        height=260,
    )
    return readable(chart)
