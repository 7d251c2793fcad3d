"""Queries in the order of how much two systems differ there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.experiment.differences import By, QueryDifference
from rerank_core.views.palette import OUTCOMES
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

NAMES: dict[By, str] = {"delta": "Δ", "rbo": "RBO", "tau_ap": "τ-AP", "jaccard": "Jaccard"}


def likeness_frame(
    differences: pd.DataFrame, rows: Mapping[str, QueryDifference], order: Sequence[str], k: int = 10
) -> pd.DataFrame:
    """`differences_frame` in another order, with the likeness of the two rankings.

    Columns: place (from 1), qid, query, difference, RBO, τ-AP, Jaccard@k (1: alike), system, baseline, outcome.
    `order`: qids.
    """
    frame = differences.set_index("qid").loc[list(order)].reset_index()
    chosen = [rows[qid] for qid in order]
    frame["place"] = range(1, len(frame) + 1)
    frame["RBO"] = [row.rbo for row in chosen]
    frame["τ-AP"] = [row.tau_ap for row in chosen]
    frame[f"Jaccard@{k}"] = [row.jaccard for row in chosen]
    likeness = ["RBO", "τ-AP", f"Jaccard@{k}"]
    shown = frame[["place", "qid", "query", "difference", *likeness, "system", "baseline", "outcome"]]
    return shown.astype(dict.fromkeys(likeness, "float64"))


def distance_chart(frame: pd.DataFrame, by: By, k: int = 10) -> alt.Chart:
    """`likeness_frame` as bars of 1 minus the likeness, coloured by what happened to the measure."""
    import altair as alt

    name = f"Jaccard@{k}" if by == "jaccard" else NAMES[by]
    drawn = frame.assign(distance=1 - frame[name], alike=frame[name])
    chart: alt.Chart = alt.Chart(drawn).mark_bar()
    bars: alt.Chart = chart.encode(
        x=alt.X(
            "place:O", title=f"{len(frame)} queries, most different first", axis=alt.Axis(labels=False, ticks=False)
        ),
        y=alt.Y("distance:Q", title=f"1 − {name}"),
        color=alt.Color(
            "outcome:N",
            title="the measure",
            scale=alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values())),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[
            alt.Tooltip("query:N"),
            alt.Tooltip("qid:N"),
            alt.Tooltip("alike:Q", title=name, format=".4f"),
            alt.Tooltip("difference:Q", title="change in the measure", format="+.4f"),
        ],
    ).properties(height=260)
    return readable(bars)


def likeness(difference: QueryDifference, by: By, k: int = 10) -> str:
    """The likeness in words: "RBO 0.4123"; "τ-AP –" where there is no value."""
    name = f"Jaccard@{k}" if by == "jaccard" else NAMES[by]
    value = getattr(difference, by)
    return f"{name} –" if value is None else f"{name} {value:.4f}"
