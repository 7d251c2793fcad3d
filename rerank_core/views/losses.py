"""Loss: how much of it is due to retrieval and how much to ordering, and the recall that bounds a reranker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rerank_core.experiment.losses import SystemLoss
from rerank_core.types import Query
from rerank_core.views.palette import BLUE, GREY, ORANGE
from rerank_core.views.sizes import height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# the order of the parts is the same in every bar
PARTS = {
    "reached": BLUE,
    "lost by ordering": ORANGE,
    "lost by retrieval": GREY,
}


def loss_frame(losses: Mapping[str, SystemLoss]) -> pd.DataFrame:
    """One row per system and part; the three parts of a system add up to 1.

    Columns: system (its label), order (its place, from 0), part, step (the part's place), value (mean, 0 to 1), queries
    (over how many). A system without a query that has a relevant passage is left out.
    """
    import pandas as pd

    rows = []
    for order, loss in enumerate(losses.values()):
        if loss.mean is not None:
            values = (loss.mean.actual, loss.mean.ordering, loss.mean.retrieval)
            for step, (part, value) in enumerate(zip(PARTS, values, strict=True)):
                rows.append([loss.label, order, part, step, value, loss.n])
    return pd.DataFrame(rows, columns=["system", "order", "part", "step", "value", "queries"])


def loss_chart(frame: pd.DataFrame, k: int) -> alt.Chart:
    """`loss_frame` as one stacked bar a system, from 0 to 1."""
    import altair as alt

    chart: alt.Chart = alt.Chart(frame).mark_bar()
    drawn: alt.Chart = chart.encode(
        y=alt.Y("system:N", sort=alt.SortField("order"), title=None, axis=alt.Axis(labelLimit=260)),
        x=alt.X("value:Q", title=f"nDCG@{k}", scale=alt.Scale(domain=[0, 1])),
        color=alt.Color(
            "part:N",
            title=None,
            scale=alt.Scale(domain=list(PARTS), range=list(PARTS.values())),
            legend=alt.Legend(orient="top"),
        ),
        order="step:Q",
        tooltip=[
            alt.Tooltip("system:N"),
            alt.Tooltip("part:N"),
            alt.Tooltip("value:Q", format=".4f"),
            alt.Tooltip("queries:Q"),
        ],
    ).properties(height=height_of_rows(frame["system"].nunique(), 34, legend=True))
    return readable(drawn)


def query_losses_frame(loss: SystemLoss, queries: Mapping[str, Query]) -> pd.DataFrame:
    """One row per query, the largest loss first.

    Columns: Reached, Possible (with these candidates), Ordering and Retrieval (what each lost), Query, qid.
    Reached + Ordering + Retrieval = 1.
    """
    import pandas as pd

    rows = [
        [split.actual, split.oracle, split.ordering, split.retrieval, queries[qid].text, qid]
        for qid, split in sorted(loss.queries.items(), key=lambda item: (item[1].actual, item[0]))
    ]
    return pd.DataFrame(rows, columns=["Reached", "Possible", "Ordering", "Retrieval", "Query", "qid"])


def recall_frame(curve: Mapping[int, float]) -> pd.DataFrame:
    """One row per depth, the smallest first: candidates, recall."""
    import pandas as pd

    return pd.DataFrame(sorted(curve.items()), columns=["candidates", "recall"])


def recall_chart(curve: Mapping[int, float], depth: int) -> alt.LayerChart:
    """Recall of the candidates over their number; a rule stands at the chosen `depth`."""
    import altair as alt
    import pandas as pd

    lines = (
        alt.Chart(recall_frame(curve))
        .mark_line(point=True, color=BLUE)
        .encode(
            x=alt.X(
                "candidates:Q",
                title="candidates per query",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(values=sorted(curve), format="d"),
            ),
            y=alt.Y("recall:Q", scale=alt.Scale(domain=[0, 1])),
            tooltip=[alt.Tooltip("candidates:Q"), alt.Tooltip("recall:Q", format=".4f")],
        )
    )
    chosen = pd.DataFrame({"candidates": [depth]})
    rule = alt.Chart(chosen).mark_rule(strokeDash=[4, 4], color=GREY).encode(x="candidates:Q")
    return readable(alt.LayerChart(layer=[rule, lines], height=240))
