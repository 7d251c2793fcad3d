"""One query's documents by systems: rank, change from the baseline, grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.evaluation.rank_changes import KINDS as JUDGED
from rerank_core.evaluation.rank_changes import DocumentRow, RankChanges, step_names
from rerank_core.views.palette import BLUE, GREY, LOST, ORANGE, UNGRADED, WON, grade_colour, ink, tint
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    from pandas.io.formats.style import Styler

PASSAGE, GRADE, DOCID = "Passage", "Grade", "id"
NOT_RETRIEVED, UNGRADED_CELL = "not retrieved", "ungraded"
_KINDS = dict(zip(JUDGED, (BLUE, ORANGE, GREY), strict=True))


def documents_frame(rows: Sequence[DocumentRow], labels: Mapping[str, str], titles: Mapping[str, str]) -> pd.DataFrame:
    """One row per document, in the given order: `PASSAGE`, `GRADE`, a column for each system's rank, `DOCID`.

    Grades and ranks are numbers; missing is "ungraded" and "not retrieved". `labels`: system -> its column's name.
    """
    import pandas as pd

    values = [
        [titles.get(row.docid) or row.docid, row.grade, *(row.ranks[system] for system in labels), row.docid]
        for row in rows
    ]
    numbers = [GRADE, *labels.values()]
    return pd.DataFrame(values, columns=[PASSAGE, *numbers, DOCID]).astype(dict.fromkeys(numbers, "Int64"))


def documents_table(
    rows: Sequence[DocumentRow], labels: Mapping[str, str], titles: Mapping[str, str], scale: Mapping[int, str]
) -> Styler:
    """`documents_frame` as a person reads it: "3  ▲ 6", the grade in words and in colour; it still sorts by number.

    `scale`: grade -> its name.
    """
    frame = documents_frame(rows, labels, titles)
    grades = sorted(scale)
    styler = frame.style.format({GRADE: lambda grade: _grade(int(str(grade)), scale)}, na_rep=UNGRADED_CELL)
    shades = [_grade_style(row.grade, grades) for row in rows]
    styler = styler.apply(lambda _: shades, subset=[GRADE])
    for system, label in labels.items():
        for place, row in enumerate(rows):
            text = "{:d}" + _moved(row.changes[system])
            styler = styler.format({label: text}, subset=([place], [label]), na_rep=NOT_RETRIEVED)
        tints = [_rank_style(row.ranks[system], row.changes[system]) for row in rows]
        styler = styler.apply(lambda _, tints=tints: tints, subset=[label])
    return styler


def changes_chart(changes: RankChanges) -> alt.Chart:
    """How far passages went, falls on the left and rises on the right, by people's grades."""
    import altair as alt
    import pandas as pd

    steps = step_names()
    rows = [
        [steps.index(step), step, kind, JUDGED.index(kind), count] for (step, kind), count in changes.counts.items()
    ]
    frame = pd.DataFrame(rows, columns=["order", "step", "kind", "layer", "passages"])
    chart: alt.Chart = alt.Chart(frame).mark_bar()
    drawn: alt.Chart = chart.encode(
        x=alt.X(
            "step:N",
            sort=steps,
            title="places moved from the baseline",
            scale=alt.Scale(domain=steps),
            axis=alt.Axis(labelAngle=0),
        ),
        y=alt.Y("passages:Q", title="passages"),
        color=alt.Color(
            "kind:N",
            title=None,
            scale=alt.Scale(domain=list(_KINDS), range=list(_KINDS.values())),
            legend=alt.Legend(orient="top"),
        ),
        order="layer:Q",
        tooltip=[alt.Tooltip("step:N", title="places"), alt.Tooltip("kind:N", title=" "), alt.Tooltip("passages:Q")],
    ).properties(height=230)
    return readable(drawn)


def _grade(grade: int, scale: Mapping[int, str]) -> str:
    name = scale.get(int(grade), "")
    return f"{grade} · {name}" if name else str(grade)


def _grade_style(grade: int | None, grades: Sequence[int]) -> str:
    if grade is None:
        return f"color: {UNGRADED}"
    back = grade_colour(grades.index(grade) if grade in grades else 0, len(grades))
    return f"background-color: {back}; color: {ink(back)}"


def _moved(change: int | None) -> str:
    return "" if not change else f"   ▲ {change}" if change > 0 else f"   ▼ {-change}"


def _rank_style(rank: int | None, change: int | None) -> str:
    if rank is None:
        return f"color: {UNGRADED}; font-style: italic"
    if not change or abs(change) < 3:
        return ""
    # pale enough for black and white ink: the arrow says the same
    return f"background-color: {tint(WON if change > 0 else LOST, 0.22)}"
