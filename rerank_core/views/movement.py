"""Rank movement as a bump chart: a line a passage, a column a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.types import Ranking

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# the board's colours of the grades, from worst to best: safe for colour-blind eyes
GRADE_COLOURS = ["#b84e00", "#e69f00", "#7cc4ee", "#0067a8"]
UNJUDGED = "#9aa0a6"


def movement_frame(
    rankings: Mapping[str, Ranking], grades: Mapping[str, int], titles: Mapping[str, str], top: int
) -> pd.DataFrame:
    """A row for each passage and system where the passage is in the top `top` of at least one system.

    Columns: system, order (the system's place, from 0), docid, title, rank (from 1; top + 1 where it is below the
    top), place (the rank as text), score (None where there is none), grade (None: not graded). `rankings`: label ->
    ranking, in the order of the columns.
    """
    import pandas as pd

    shown = {doc.docid for ranking in rankings.values() for doc in ranking.docs[:top]}
    rows = []
    for order, (label, ranking) in enumerate(rankings.items()):
        places = {doc.docid: doc for doc in ranking.docs}
        for docid in sorted(shown):
            doc = places.get(docid)
            inside = doc is not None and doc.rank <= top
            rows.append(
                {
                    "system": label,
                    "order": order,
                    "docid": docid,
                    "title": titles.get(docid, docid),
                    "rank": doc.rank if doc is not None and inside else top + 1,
                    "place": str(doc.rank) if doc is not None else "not among the candidates",
                    "score": doc.score if doc is not None else None,
                    "grade": grades.get(docid),
                }
            )
    columns = ["system", "order", "docid", "title", "rank", "place", "score", "grade"]
    return pd.DataFrame(rows, columns=columns)


def movement_chart(frame: pd.DataFrame, scale: Sequence[int], top: int) -> alt.LayerChart | alt.FacetChart:
    """The bump chart of `movement_frame`: rank 1 on top; hovering a line lights it and dims the rest."""
    import altair as alt

    named = frame.assign(
        label=frame["grade"].map(
            lambda grade: "not graded" if grade != grade or grade is None else f"grade {grade:.0f}"
        )
    )
    domain = [f"grade {grade}" for grade in scale] + ["not graded"]
    colours = [_colour(place, len(scale)) for place in range(len(scale))] + [UNJUDGED]
    hover = alt.selection_point(fields=["docid"], on="pointerover", clear="pointerout", empty=False, name="hover")
    base = alt.Chart(named).encode(
        x=alt.X(
            "system:N",
            sort=alt.SortField("order"),
            title=None,
            axis=alt.Axis(labelAngle=0, labelLimit=220, orient="top"),
        ),
        y=alt.Y(
            "rank:Q",
            title="rank",
            scale=alt.Scale(reverse=True, domain=[1, top + 1], nice=False, padding=8),
            axis=alt.Axis(values=[*range(1, top + 1)], grid=False, format="d"),
        ),
        detail="docid:N",
        color=alt.Color(
            "label:N", scale=alt.Scale(domain=domain, range=colours), title=None, legend=alt.Legend(orient="bottom")
        ),
        tooltip=[
            alt.Tooltip("title:N", title="passage"),
            alt.Tooltip("docid:N", title="docid"),
            alt.Tooltip("system:N"),
            alt.Tooltip("place:N", title="rank"),
            alt.Tooltip("score:Q", format=".4f"),
            alt.Tooltip("label:N", title="grade"),
        ],
    )
    lines = base.mark_line(interpolate="monotone").encode(
        size=alt.condition(hover, alt.value(5), alt.value(2)),
        opacity=alt.condition(hover, alt.value(1), alt.value(0.45)),
    )
    points = (
        base.mark_circle()
        .encode(size=alt.condition(hover, alt.value(220), alt.value(90)), opacity=alt.value(1))
        .transform_filter(f"datum.rank <= {top}")
        .add_params(hover)
    )
    return alt.layer(lines, points).properties(height=32 * (top + 1))


def _colour(place: int, steps: int) -> str:
    """The colour of a step of the scale: the first and the last one of the palette are kept for worst and best."""
    return GRADE_COLOURS[round(place * (len(GRADE_COLOURS) - 1) / max(1, steps - 1))]
