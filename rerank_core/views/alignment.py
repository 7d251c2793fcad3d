"""Which query token meets which passage token, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rerank_core.rerankers.family import Alignment
from rerank_core.views.palette import VERMILION
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

_WIDTH = 5
# the longest query and MOST passage tokens stay below the 5,000 rows that Altair draws
MOST = 120


def alignment_frame(alignment: Alignment, most: int = MOST) -> pd.DataFrame:
    """One row per query token and shown passage token, in the order of both.

    Columns: query, passage (the token after its place, so that equal tokens stay apart: "0003 fish"), query_token,
    passage_token, similarity, best (the passage token that this query token counts; the first of equals). At most
    `most` passage tokens are shown: those of best matches, then those with the highest similarity to any query token;
    always in the order of the text.
    """
    import pandas as pd

    rows = alignment.similarities
    bests = [max(range(len(row)), key=row.__getitem__) if row else None for row in rows]
    shown = _shown(alignment, [best for best in bests if best is not None], most)
    values = [
        {
            "query": _placed(i, query_token),
            "passage": _placed(j, alignment.text_tokens[j]),
            "query_token": query_token,
            "passage_token": alignment.text_tokens[j],
            "similarity": rows[i][j],
            "best": bests[i] == j,
        }
        for i, query_token in enumerate(alignment.query_tokens)
        for j in shown
    ]
    columns = ["query", "passage", "query_token", "passage_token", "similarity", "best"]
    return pd.DataFrame(values, columns=columns)


def alignment_chart(alignment: Alignment, most: int = MOST) -> alt.LayerChart:
    """`alignment_frame` as a heat map: the match that counts is framed; the title has the score and what is hidden.

    Its width follows its tokens: show it at its own width, not stretched.
    """
    import altair as alt

    frame = alignment_frame(alignment, most)
    hidden = len(alignment.text_tokens) - frame["passage"].nunique()
    score = sum(max(row) for row in alignment.similarities if row)
    title = f"The framed cells add up to {score:.3f}" + (f"; {hidden} passage tokens are not shown" if hidden else "")
    name = f"slice(datum.label, {_WIDTH})"
    base = alt.Chart(frame).encode(
        x=alt.X(
            "passage:O",
            title="passage",
            axis=alt.Axis(labelExpr=name, labelAngle=-60, labelLimit=90, labelOverlap=False),
        ),
        y=alt.Y("query:O", title="query", axis=alt.Axis(labelExpr=name, labelOverlap=False)),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "similarity:Q", scale=alt.Scale(scheme="viridis"), title="similarity", legend=alt.Legend(orient="bottom")
        ),
        tooltip=[
            alt.Tooltip("query_token:N", title="query token"),
            alt.Tooltip("passage_token:N", title="passage token"),
            alt.Tooltip("similarity:Q", format=".4f"),
            alt.Tooltip("best:N", title="counts"),
        ],
    )
    frames = base.mark_rect(filled=False, stroke=VERMILION, strokeWidth=2).transform_filter("datum.best")
    return readable(alt.LayerChart(layer=[cells, frames], title=title, width=alt.Step(16), height=alt.Step(18)))


def _placed(place: int, token: str) -> str:
    return f"{place + 1:0{_WIDTH - 1}} {token}"


def _shown(alignment: Alignment, bests: list[int], most: int) -> list[int]:
    """The places of the passage tokens to show, in the order of the text."""
    rows = [row for row in alignment.similarities if row]
    highest = [max((row[j] for row in rows), default=0.0) for j in range(len(alignment.text_tokens))]
    counted = set(bests)
    order = sorted(range(len(highest)), key=lambda j: (j not in counted, -highest[j], j))
    return sorted(order[:most])
