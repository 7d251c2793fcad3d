"""Where a system hurts and where it helps: the mean difference of each slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.evaluation.slices import SliceDelta
from rerank_core.views.palette import LOST, TIED, WON
from rerank_core.views.sizes import height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

FEW = 5
"""A mean over fewer queries than this is drawn pale: it may be chance."""

_OUTCOMES = {"hurts": LOST, "no change": TIED, "helps": WON}


def slices_frame(slices: Sequence[SliceDelta]) -> pd.DataFrame:
    """One row per slice with a compared query, in the order given.

    Columns: slice, difference (the mean), outcome, queries, won, tied, lost, few (fewer than `FEW` queries).
    """
    import pandas as pd

    rows = [
        [
            slice_.name,
            slice_.mean,
            _outcome(slice_.mean),
            slice_.n,
            slice_.wins,
            slice_.ties,
            slice_.losses,
            slice_.n < FEW,
        ]
        for slice_ in slices
        if slice_.mean is not None
    ]
    return pd.DataFrame(rows, columns=["slice", "difference", "outcome", "queries", "won", "tied", "lost", "few"])


def slices_chart(frame: pd.DataFrame, measure: str) -> alt.LayerChart:
    """`slices_frame` as bars, in its order, with the number of queries beside each; few queries are pale."""
    import altair as alt

    named = frame.assign(label=[f"{name}  (n = {n})" for name, n in zip(frame["slice"], frame["queries"], strict=True)])
    base = alt.Chart(named).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=320)),
        x=alt.X("difference:Q", title=f"mean change in {measure}"),
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "outcome:N",
            title=None,
            scale=alt.Scale(domain=list(_OUTCOMES), range=list(_OUTCOMES.values())),
            legend=alt.Legend(orient="top"),
        ),
        opacity=alt.condition("datum.few", alt.value(0.4), alt.value(1)),
        tooltip=[
            alt.Tooltip("slice:N"),
            alt.Tooltip("difference:Q", format="+.4f"),
            alt.Tooltip("queries:Q"),
            alt.Tooltip("won:Q"),
            alt.Tooltip("tied:Q"),
            alt.Tooltip("lost:Q"),
        ],
    )
    zero = alt.Chart(named.head(1)).mark_rule(color=TIED).encode(x=alt.datum(0))
    return readable(alt.LayerChart(layer=[zero, bars], height=height_of_rows(len(named), 22, legend=True)))


def _outcome(mean: float) -> str:
    return "no change" if mean == 0 else "helps" if mean > 0 else "hurts"
