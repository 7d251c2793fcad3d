"""A system's raw scores by grade: does the score separate?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.evaluation.separation import Separation
from rerank_core.views.palette import QUIET, UNGRADED, grade_colour
from rerank_core.views.sizes import height_of_rows, readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

UNGRADED_NAME = "ungraded"


def scores_frame(separation: Separation) -> pd.DataFrame:
    """One row per grade and bin that holds a score, highest grade first, the ungraded last.

    Columns: name ("grade 3", "ungraded"), row (its place, from 0), grade (missing: ungraded), low and high (of the
    bin), middle, passages (how many), share (of this grade's passages, 0 to 1), n (of the grade), median.
    """
    import pandas as pd

    rows = []
    for row, scores in enumerate(separation.grades):
        width = (separation.high - separation.low) / len(scores.counts)
        name = UNGRADED_NAME if scores.grade is None else f"grade {scores.grade}"
        for place, count in enumerate(scores.counts):
            low = separation.low + place * width
            if count:
                rows.append(
                    [
                        name,
                        row,
                        scores.grade,
                        low,
                        low + width,
                        low + width / 2,
                        count,
                        count / scores.n,
                        scores.n,
                        scores.median,
                    ]
                )
    columns = ["name", "row", "grade", "low", "high", "middle", "passages", "share", "n", "median"]
    return pd.DataFrame(rows, columns=columns).astype({"grade": "Int64"})


def scores_chart(
    separation: Separation, grades: Sequence[int], threshold: float | None = None, scale: str = "raw score"
) -> alt.LayerChart:
    """`scores_frame` as one strip of dots per grade, larger where more of its passages are; a tick at each median.

    `grades`: of the scale, for the colours. `threshold`: a dashed rule, None for none. `scale`: the unit of the scores.
    """
    import altair as alt
    import pandas as pd

    frame = scores_frame(separation)
    frame["label"] = [f"{name}  (n = {n:,})" for name, n in zip(frame["name"], frame["n"], strict=True)]
    ordered = sorted(grades)
    names = frame.drop_duplicates("row").sort_values("row")
    colours = [_colour(scores.grade, ordered) for scores in separation.grades]
    y = alt.Y("label:N", sort=names["label"].tolist(), title=None, axis=alt.Axis(labelLimit=200, grid=True))
    x = alt.X("middle:Q", title=scale, scale=alt.Scale(zero=False))
    color = alt.Color("label:N", scale=alt.Scale(domain=names["label"].tolist(), range=colours), legend=None)
    dots = (
        alt.Chart(frame)
        .mark_circle(opacity=0.85)
        .encode(
            x=x,
            y=y,
            color=color,
            size=alt.Size("share:Q", scale=alt.Scale(range=[12, 700]), legend=None),
            tooltip=[
                alt.Tooltip("name:N", title="graded as"),
                alt.Tooltip("low:Q", title="score from", format=".3f"),
                alt.Tooltip("high:Q", title="to", format=".3f"),
                alt.Tooltip("passages:Q"),
                alt.Tooltip("share:Q", title="of this grade", format=".1%"),
            ],
        )
    )
    medians = (
        alt.Chart(frame.drop_duplicates("row"))
        .mark_tick(thickness=3, size=36, color=QUIET)
        .encode(x=alt.X("median:Q", title=scale), y=y, tooltip=[alt.Tooltip("median:Q", format=".4f")])
    )
    at = pd.DataFrame({"threshold": [] if threshold is None else [threshold]}, dtype="float64")
    rule = alt.Chart(at).mark_rule(strokeDash=[4, 4], size=2, color=QUIET).encode(x=alt.X("threshold:Q", title=scale))
    return readable(alt.LayerChart(layer=[dots, medians, rule], height=height_of_rows(len(names), 52)))


def _colour(grade: int | None, grades: Sequence[int]) -> str:
    if grade is None:
        return UNGRADED
    return grade_colour(grades.index(grade) if grade in grades else 0, len(grades))
