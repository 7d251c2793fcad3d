"""What each shared term adds to a sparse encoder's score, as bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import TYPE_CHECKING

from rerank_core.views.palette import BLUE
from rerank_core.views.sizes import height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


def terms_frame(contributions: Sequence[tuple[str, float]], most: int = 20) -> pd.DataFrame:
    """One row per term, the most first. Columns: term, contribution, share (of the score; missing where that is 0).

    `contributions`: (term, what it adds) as a sparse scorer's `contributions` gives them. Terms after the first `most`
    become one row, "12 other terms", so that the rows always add up to the score.
    """
    import pandas as pd

    ordered = sorted(contributions, key=lambda pair: (-pair[1], pair[0]))
    rows, rest = ordered[:most], ordered[most:]
    if rest:
        rows = [*rows, (f"{len(rest)} other terms", fsum(value for _, value in rest))]
    total = fsum(value for _, value in ordered)
    values = [(term, value, value / total if total else None) for term, value in rows]
    return pd.DataFrame(values, columns=["term", "contribution", "share"]).astype({"share": "float64"})


def terms_chart(contributions: Sequence[tuple[str, float]], most: int = 20) -> alt.Chart:
    """The bars of `terms_frame`; the title says the score, or that the texts share no term."""
    import altair as alt

    frame = terms_frame(contributions, most)
    total = fsum(value for _, value in contributions)
    title = f"The bars add up to {total:.3f}" if len(frame) else "Query and passage share no term: the score is 0"
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(color=BLUE)
        .encode(
            # equal term names would fall on one bar; a vocabulary has each once
            y=alt.Y("term:N", sort=None, title=None),
            x=alt.X("contribution:Q", title="contribution to the score"),
            tooltip=[
                alt.Tooltip("term:N"),
                alt.Tooltip("contribution:Q", format=".4f"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
        .properties(title=title, height=height_of_rows(len(frame), 20) + 24)
    )
    return readable(chart)
