"""Queries by systems, as a heat map: one row per system, one column per query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.types import Query
from rerank_core.views.palette import LOST, NO_DIFFERENCE, ON_NEUTRAL, WON
from rerank_core.views.sizes import SMALLEST, height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_SIGNS_UP_TO = 60  # queries: in narrower cells a sign could not be read


def heat_frame(
    per_query: Mapping[str, Mapping[str, float]],
    base: Mapping[str, float],
    labels: Mapping[str, str],
    queries: Mapping[str, Query],
    order: Sequence[str],
) -> pd.DataFrame:
    """One row per query of `order` and system of `per_query`.

    Columns: place (the query's, from 1), qid, query (its text), row (the system's place, from 0), system (its label),
    value, difference (from the baseline), sign ("+", "–" where it is 0.005 or more either way, else ""). `per_query`:
    system -> qid -> the measure's value; `base`: qid -> the baseline's; both hold every qid of `order`.
    """
    import pandas as pd

    rows = []
    for row, (system, values) in enumerate(per_query.items()):
        for place, qid in enumerate(order, 1):
            difference = values[qid] - base[qid]
            sign = "" if abs(difference) < 0.005 else "+" if difference > 0 else "–"
            rows.append([place, qid, queries[qid].text, row, labels[system], values[qid], difference, sign])
    return pd.DataFrame(rows, columns=["place", "qid", "query", "row", "system", "value", "difference", "sign"])


def heat_chart(frame: pd.DataFrame, measure: str, links: Mapping[str, str], as_difference: bool) -> alt.LayerChart:
    """`heat_frame` as cells; a click on one follows the link of its query.

    `links`: qid -> address. `as_difference`: the difference from the baseline, blue for a gain and orange for a loss,
    with a sign where the cells are wide enough; else the value, dark for 0 and light for 1.
    """
    import altair as alt

    shown = frame.assign(link=frame["qid"].map(dict(links)))
    n = int(frame["place"].max()) if len(frame) else 0
    if as_difference:
        far = max(float(frame["difference"].abs().max()) if len(frame) else 0.0, 0.05)
        scale = alt.Scale(domain=[-far, 0, far], range=[LOST, NO_DIFFERENCE, WON], interpolate="rgb")
        color = alt.Color("difference:Q", scale=scale, title=f"change in {measure}", legend=_legend("+.2f"))
    else:
        scale = alt.Scale(domain=[0, 1], scheme="cividis")
        color = alt.Color("value:Q", scale=scale, title=measure, legend=_legend(".2f"))
    base = alt.Chart(shown).encode(
        x=alt.X(
            "place:O",
            title=f"{n:,} queries, in the chosen order",
            axis=alt.Axis(labels=False, ticks=False, domain=False),
            scale=alt.Scale(paddingInner=0.04 if n <= _SIGNS_UP_TO else 0, paddingOuter=0),
        ),
        y=alt.Y(
            "system:N",
            sort=alt.SortField("row"),
            title=None,
            axis=alt.Axis(labelLimit=240, ticks=False, domain=False),
            scale=alt.Scale(paddingInner=0.08),
        ),
        href="link:N",
        tooltip=[
            alt.Tooltip("query:N"),
            alt.Tooltip("qid:N"),
            alt.Tooltip("system:N"),
            alt.Tooltip("value:Q", title=measure, format=".4f"),
            alt.Tooltip("difference:Q", title="change from the baseline", format="+.4f"),
        ],
    )
    layers: list[alt.Chart] = [base.mark_rect(cursor="pointer").encode(color=color)]
    if as_difference and n <= _SIGNS_UP_TO:
        signs = base.mark_text(fontSize=SMALLEST, fontWeight="bold", color=ON_NEUTRAL, cursor="pointer")
        layers.append(signs.encode(text="sign:N"))
    return readable(alt.LayerChart(layer=layers, height=height_of_rows(frame["row"].nunique(), 30) + 66))


def heat_table(frame: pd.DataFrame, links: Mapping[str, str], as_difference: bool) -> pd.DataFrame:
    """The same as a table: one row per query in its order, with query, a column for each system, and link."""
    import pandas as pd

    value = "difference" if as_difference else "value"
    columns: dict[str, Sequence[object]] = {}
    for system, cells in frame.groupby("row", sort=True):
        first = cells.sort_values("place")
        if not columns:
            columns["Query"] = first["query"].tolist()
            columns["qid"] = first["qid"].tolist()
        columns[str(frame.loc[frame["row"] == system, "system"].iloc[0])] = first[value].tolist()
    columns["Open"] = [links[str(qid)] for qid in columns.get("qid", [])]
    return pd.DataFrame(columns)


def _legend(form: str) -> alt.Legend:
    import altair as alt

    return alt.Legend(orient="top", direction="horizontal", gradientLength=220, format=form)
