"""A language model's grades against people's: the confusion table, and the verdicts with and without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rerank_core.evaluation.numbers import signed
from rerank_core.judging.llm.figures import FILLED, LLM, PEOPLE, Confusion, Side
from rerank_core.store.llm_grades import LlmGrade, Pair
from rerank_core.types import Query
from rerank_core.views import palette
from rerank_core.views.sizes import readable
from rerank_core.views.summary import COUNTS, DIFFERENCE, INTERVAL, VERDICT, P, word

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# shape and row say the same without colour
_SHAPES = {PEOPLE: ("circle", palette.BLUE), FILLED: ("square", palette.ORANGE), LLM: ("triangle-up", palette.PURPLE)}


def confusion_frame(confusion: Confusion, names: Mapping[int, str]) -> pd.DataFrame:
    """One row per pair of grades of the scale, and of any other that was given.

    Columns: llm and people ("3 Answers it"), llm_grade and people_grade, pairs, share (of the pairs to which people
    gave that grade; missing where there are none), same (whether the two are one grade).
    """
    import pandas as pd

    grades = sorted(set(names) | {grade for pair in confusion.counts for grade in pair})
    titles = {grade: f"{grade} {names.get(grade, '')}".strip() for grade in grades}
    totals = {people: sum(confusion.counts.get((llm, people), 0) for llm in grades) for people in grades}
    rows = [
        [
            titles[llm],
            titles[people],
            llm,
            people,
            count,
            count / totals[people] if totals[people] else None,
            llm == people,
        ]
        for llm in grades
        for people in grades
        for count in [confusion.counts.get((llm, people), 0)]
    ]
    columns = ["llm", "people", "llm_grade", "people_grade", "pairs", "share", "same"]
    return pd.DataFrame(rows, columns=columns).astype({"share": "float64"})


def confusion_chart(frame: pd.DataFrame) -> alt.LayerChart:
    """`confusion_frame` as a table: the count in each cell, darker for more of its column; a frame where both agree."""
    import altair as alt

    axis = alt.Axis(labelAngle=0, labelOverlap=False, labelAlign="center", labelExpr="split(datum.label, ' ')")
    base = alt.Chart(frame.fillna({"share": 0.0})).encode(
        x=alt.X("people:N", title="people’s grade", sort=alt.SortField("people_grade"), axis=axis),
        y=alt.Y("llm:N", title="the LLM’s grade", sort=alt.SortField("llm_grade", order="descending")),
        tooltip=[
            alt.Tooltip("llm:N", title="the LLM’s grade"),
            alt.Tooltip("people:N", title="people’s grade"),
            alt.Tooltip("pairs:Q", format=","),
            alt.Tooltip("share:Q", title="of all pairs with this grade by people", format=".0%"),
        ],
    )
    cells = base.mark_rect().encode(
        color=alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=[palette.FEW, palette.MANY]), legend=None)
    )
    agreed = base.transform_filter("datum.same").mark_rect(fillOpacity=0, stroke=palette.ORANGE, strokeWidth=3)
    # the cells have colours of their own on both themes, and so must the signs on them
    counts = base.mark_text(fontSize=15, fontWeight="bold").encode(
        text=alt.Text("pairs:Q", format=","),
        color=alt.condition("datum.share > 0.55", alt.value(palette.ON_MANY), alt.value(palette.ON_FEW)),
    )
    return readable(alt.LayerChart(layer=[cells, agreed, counts], height=48 * frame["llm"].nunique() + 90))


def sides_frame(sides: Sequence[Side]) -> pd.DataFrame:
    """One row per system and set of grades, the sets of one system together.

    Columns: System, Graded by, `VERDICT` (`word`), `DIFFERENCE`, `INTERVAL` (95 %, as text), `COUNTS` (of queries, as
    text), `P` (Holm-corrected), Queries, Grades; for the chart low and high. Missing where there is none.
    """
    import pandas as pd

    rows = []
    for system in sides[0].comparisons if sides else ():
        for side in sides:
            comparison = side.comparisons[system]
            interval = comparison.interval if comparison is not None else None
            if interval is not None and interval.method == "constant":
                interval = None
            rows.append(
                {
                    "System": comparison.system if comparison else system,
                    "Graded by": side.by,
                    VERDICT: word(comparison),
                    DIFFERENCE: comparison.mean if comparison else None,
                    INTERVAL: f"{signed(interval.low)} … {signed(interval.high)}" if interval else None,
                    COUNTS: f"{comparison.wins} / {comparison.ties} / {comparison.losses}" if comparison else None,
                    P: comparison.p_holm if comparison else None,
                    "Queries": side.queries,
                    "Grades": side.grades,
                    "low": interval.low if interval else None,
                    "high": interval.high if interval else None,
                }
            )
    columns = ["System", "Graded by", VERDICT, DIFFERENCE, INTERVAL, COUNTS, P, "Queries", "Grades", "low", "high"]
    return pd.DataFrame(rows, columns=columns).astype({DIFFERENCE: "float64", "low": "float64", "high": "float64"})


def sides_chart(frame: pd.DataFrame, measure: str, baseline: str) -> alt.LayerChart:
    """`sides_frame` as points with their intervals, the three of a system one below the other; a rule at no change."""
    import altair as alt

    known = frame[frame[DIFFERENCE].notna()].rename(columns={DIFFERENCE: "difference", "Graded by": "by"})
    names = [by for by in _SHAPES if by in set(known["by"])]
    base = alt.Chart(known).encode(
        y=alt.Y("System:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("by:N", sort=names, scale=alt.Scale(paddingOuter=0.3)),
        color=alt.Color(
            "by:N",
            title="Graded by",
            sort=names,
            scale=alt.Scale(domain=names, range=[_SHAPES[by][1] for by in names]),
            legend=alt.Legend(orient="top", labelLimit=320),
        ),
        tooltip=[
            alt.Tooltip("System:N"),
            alt.Tooltip("by:N", title="graded by"),
            alt.Tooltip(f"{VERDICT}:N", title="verdict"),
            alt.Tooltip("difference:Q", title=f"change in {measure}", format="+.4f"),
            alt.Tooltip(f"{INTERVAL}:N"),
            alt.Tooltip("Queries:Q", title="queries"),
        ],
    )
    axis = alt.X("low:Q", title=f"change in {measure} against {baseline}, 95 % interval")
    lines = base.mark_rule(strokeWidth=2).encode(x=axis, x2="high:Q")
    points = base.mark_point(size=90, filled=True, opacity=1).encode(
        x="difference:Q",
        shape=alt.Shape("by:N", sort=names, scale=alt.Scale(domain=names, range=[_SHAPES[by][0] for by in names])),
    )
    zero = alt.Chart(known.head(1)).mark_rule(strokeDash=[4, 4], color=palette.QUIET).encode(x=alt.datum(0))
    return readable(alt.LayerChart(layer=[zero, lines, points], height=120 + 78 * known["System"].nunique()))


def failures_frame(answers: Mapping[Pair, LlmGrade], queries: Mapping[str, Query]) -> pd.DataFrame:
    """One row per pair whose answer was unusable: Query, Passage (its docid), Problem, Answer (as it came), When."""
    import pandas as pd

    rows = [
        [queries[qid].text, docid, answer.problem, answer.reply, answer.at[:16].replace("T", " ")]
        for (qid, docid), answer in answers.items()
        if answer.grade is None
    ]
    return pd.DataFrame(rows, columns=["Query", "Passage", "Problem", "Answer", "When"])
