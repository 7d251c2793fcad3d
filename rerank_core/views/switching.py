"""A switch from one system to another: who answers what, as a picture, a table and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rerank_core.corpus.spreadsheets import csv_text
from rerank_core.experiment.switched import Switch
from rerank_core.types import Query
from rerank_core.views.palette import BLUE, GREY, QUIET, VERMILION
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

BOTH, NEITHER, LOSES, GAINS = "both answer", "both refuse", "answers no more", "answers now"
_COLOURS = {BOTH: GREY, NEITHER: QUIET, LOSES: VERMILION, GAINS: BLUE}
_SHAPES = {BOTH: "circle", NEITHER: "cross", LOSES: "triangle-down", GAINS: "triangle-up"}


def flips_frame(found: Switch, queries: Mapping[str, Query]) -> pd.DataFrame:
    """One row per query whose decision flips: Query, Now, Then, Score now, Score then, What is shown."""
    import pandas as pd

    rows = [
        {
            "Query": queries[row["qid"]].text,
            "Now": row["before"],
            "Then": row["after"],
            "Score now": row["score_before"],
            "Score then": row["score_after"],
            "What is shown": row["shown"],
        }
        for row in found.rows()
    ]
    return pd.DataFrame(rows, columns=["Query", "Now", "Then", "Score now", "Score then", "What is shown"])


def flips_csv(found: Switch, queries: Mapping[str, Query]) -> str:
    """The same as CSV, with the id of each query."""
    names = ("qid", "query", "before", "after", "score_before", "score_after", "shown")
    return csv_text(
        names, ([{**row, "query": queries[row["qid"]].text}[name] for name in names] for row in found.rows())
    )


def tops_frame(found: Switch, queries: Mapping[str, Query]) -> pd.DataFrame:
    """One row per query that both scored: before, after (the best raw scores), decision, query."""
    import pandas as pd

    flipped = {flip.qid: GAINS if flip.answered else LOSES for flip in found.flips}
    floor = found.floors.before.threshold if found.floors is not None else None
    rows = []
    for qid, (before, after) in found.tops.items():
        if before is None or after is None:
            continue
        alike = BOTH if floor is None or before >= floor else NEITHER
        rows.append((before, after, flipped.get(qid, alike), queries[qid].text))
    return pd.DataFrame(rows, columns=["before", "after", "decision", "query"])


def tops_chart(found: Switch, queries: Mapping[str, Query]) -> alt.LayerChart:
    """Each query's best score by A and by B, with both floors: what lies in two of the four corners flips."""
    import altair as alt
    import pandas as pd

    frame = tops_frame(found, queries)
    names = [name for name in _COLOURS if name in set(frame["decision"])]
    legend = alt.Legend(orient="top", columns=2)
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, size=70, opacity=0.85)
        .encode(
            x=alt.X("before:Q", title=f"best score, {found.labels[0]}", scale=alt.Scale(zero=False, nice=True)),
            y=alt.Y("after:Q", title=f"best score, {found.labels[1]}", scale=alt.Scale(zero=False, nice=True)),
            color=alt.Color(
                "decision:N",
                title=None,
                scale=alt.Scale(domain=names, range=[_COLOURS[name] for name in names]),
                legend=legend,
            ),
            shape=alt.Shape(
                "decision:N", title=None, scale=alt.Scale(domain=names, range=[_SHAPES[name] for name in names])
            ),
            tooltip=[
                alt.Tooltip("query:N"),
                alt.Tooltip("decision:N"),
                alt.Tooltip("before:Q", format=".4f"),
                alt.Tooltip("after:Q", format=".4f"),
            ],
        )
    )
    floors = found.floors
    at = pd.DataFrame(
        {
            "before": [] if floors is None else [floors.before.threshold],
            "after": [] if floors is None else [floors.after.threshold],
        },
        dtype="float64",
    )
    across = alt.Chart(at).mark_rule(strokeDash=[4, 3], color=QUIET).encode(x="before:Q")
    along = alt.Chart(at).mark_rule(strokeDash=[4, 3], color=QUIET).encode(y="after:Q")
    return readable(alt.LayerChart(layer=[points, across, along], height=340))
