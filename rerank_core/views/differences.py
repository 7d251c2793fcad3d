"""A system against the baseline, query by query: the table and the sorted bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rerank_core.types import Query
from rerank_core.views.palette import OUTCOMES, TIED
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


def differences_frame(
    deltas: Mapping[str, float],
    system: Mapping[str, float],
    baseline: Mapping[str, float],
    queries: Mapping[str, Query],
) -> pd.DataFrame:
    """One row per compared query, the biggest win first; equal differences by qid.

    Columns: place (from 1), qid, query (its text), difference, system, baseline (the two values), outcome ("won",
    "tied", "lost"). `deltas`: qid -> system minus baseline, rounding already taken out; the others: qid -> value.
    """
    import pandas as pd

    order = sorted(deltas, key=lambda qid: (-deltas[qid], qid))
    rows = [
        [place, qid, queries[qid].text, deltas[qid], system[qid], baseline[qid], _outcome(deltas[qid])]
        for place, qid in enumerate(order, 1)
    ]
    return pd.DataFrame(rows, columns=["place", "qid", "query", "difference", "system", "baseline", "outcome"])


def differences_chart(frame: pd.DataFrame, measure: str, system: str, baseline: str) -> alt.LayerChart:
    """`differences_frame` as bars, wins on the left and up, losses on the right and down; hover for the query."""
    import altair as alt

    bars = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X(
                "place:O", title=f"{len(frame)} queries, biggest win first", axis=alt.Axis(labels=False, ticks=False)
            ),
            y=alt.Y("difference:Q", title=f"change in {measure}"),
            color=alt.Color(
                "outcome:N",
                title=None,
                scale=alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values())),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("query:N"),
                alt.Tooltip("qid:N"),
                alt.Tooltip("difference:Q", format="+.4f"),
                alt.Tooltip("system:Q", title=system, format=".4f"),
                alt.Tooltip("baseline:Q", title=baseline, format=".4f"),
            ],
        )
    )
    zero = alt.Chart(frame.head(1)).mark_rule(color=TIED).encode(y=alt.datum(0))
    return readable(alt.LayerChart(layer=[zero, bars], height=260))


def biggest(frame: pd.DataFrame, outcome: str, most: int = 5) -> list[str]:
    """The qids of the biggest wins ("won") or losses ("lost"), the biggest first."""
    qids = frame[frame["outcome"] == outcome]["qid"].tolist()
    return [str(qid) for qid in (qids if outcome == "won" else qids[::-1])[:most]]


def _outcome(delta: float) -> str:
    return "tied" if delta == 0 else "won" if delta > 0 else "lost"
