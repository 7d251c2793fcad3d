"""What a training found as tables, and its learning curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rerank_core.views.palette import BLUE, GREY
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


GAIN = "Its gain over it"


def training_frame(found: Mapping[str, Any]) -> pd.DataFrame:
    """One row per system out of `training.record`, the blend first, then the others, best first."""
    import pandas as pd

    rows = []
    for row in found["rows"]:
        interval = None if row["low"] is None else f"{row['low']:+.3f} to {row['high']:+.3f}"
        rows.append(
            {
                "System": row["name"],
                found["measure"]: row["value"],
                GAIN: row["delta"],
                "95 % interval": interval,
            }
        )
    return pd.DataFrame(rows)


def weights_frame(found: Mapping[str, Any]) -> pd.DataFrame:
    """What the blend weighs, the heaviest first."""
    import pandas as pd

    weights = sorted(found["spec"]["weights"].items(), key=lambda one: -abs(one[1]))
    return pd.DataFrame([{"What is known of a passage": name, "Weight": weight} for name, weight in weights])


def curve_chart(found: Mapping[str, Any]) -> alt.LayerChart:
    """The measure out of fold by the share of the grades; the rule is the best of what is not trained."""
    import altair as alt
    import pandas as pd

    points = pd.DataFrame([{"share": share * 100, "value": value} for share, value in found["curve"]])
    best = max(row["value"] for row in found["rows"][1:])
    across = alt.X("share:Q", title="grades learned from (%)", scale=alt.Scale(domain=[0, 100]))
    upward = alt.Y("value:Q", title=found["measure"], scale=alt.Scale(zero=False, nice=True))
    line = alt.Chart(points).mark_line(color=BLUE, point=alt.OverlayMarkDef(color=BLUE, size=60)).encode(across, upward)
    rule = alt.Chart(pd.DataFrame({"value": [best]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(y=upward)
    return readable(alt.LayerChart(layer=[rule, line], height=220))


def loss_chart(found: Mapping[str, Any]) -> alt.Chart:
    """The loss by the step of the training."""
    import altair as alt
    import pandas as pd

    points = pd.DataFrame(found["losses"], columns=["step", "loss"])
    chart: alt.Chart = alt.Chart(points, height=180).mark_line(color=BLUE, point=True)
    drawn: alt.Chart = chart.encode(alt.X("step:Q", title="step"), alt.Y("loss:Q", title="loss"))
    return readable(drawn)


def reliability_chart(bins: Sequence[Sequence[float]]) -> alt.LayerChart:
    """What was said against what is true, a point per tenth of the probabilities; on the rule they are equal.

    `bins`: (mean probability, share relevant, pairs).
    """
    import altair as alt
    import pandas as pd

    points = pd.DataFrame(bins, columns=["said", "right", "pairs"])
    ends = alt.Scale(domain=[0, 1])
    across = alt.X("said:Q", title="probability that is said", scale=ends)
    upward = alt.Y("right:Q", title="share that is relevant", scale=ends)
    rule = alt.Chart(pd.DataFrame({"said": [0, 1], "right": [0, 1]})).mark_line(color=GREY, strokeDash=[4, 3])
    dots = alt.Chart(points).mark_point(filled=True, color=BLUE, opacity=1)
    size = alt.Size("pairs:Q", title="graded pairs", scale=alt.Scale(range=[40, 400]))
    layers = [rule.encode(x=across, y=upward), dots.encode(x=across, y=upward, size=size)]
    return readable(alt.LayerChart(layer=layers, height=260))
