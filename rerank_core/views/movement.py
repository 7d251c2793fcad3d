"""Rank movement as a bump chart: one line per passage, one column per system."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rerank_core.types import Ranking
from rerank_core.views.palette import DIMMED, QUIET, UNGRADED, grade_colour
from rerank_core.views.sizes import SMALLEST, readable

if TYPE_CHECKING:
    import pandas as pd

_NOT_GRADED = "not graded"
_LONGEST = 60  # characters of a passage's name beside its line
_ROOM = 0.9  # columns of room on either side, for the passages' names


def movement_frame(
    rankings: Mapping[str, Ranking], grades: Mapping[str, int], titles: Mapping[str, str], top: int
) -> pd.DataFrame:
    """One row per passage and system where the passage is in the top `top` of at least one system.

    Columns: system, order (the system's place, from 0), docid, title, rank (from 1; top + 1 where it is below the
    top), place (the rank as text), score (None where there is none), grade (None: not graded), label (the grade as
    text), short (the title, cut). `rankings`: label -> ranking, in the order of the columns.
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
                    "label": _label(grades.get(docid)),
                    "short": titles.get(docid, docid)[:_LONGEST],
                }
            )
    columns = ["system", "order", "docid", "title", "rank", "place", "score", "grade", "label", "short"]
    return pd.DataFrame(rows, columns=columns)


def movement_spec(systems: int, scale: Sequence[int], top: int) -> dict[str, Any]:
    """The bump chart of a `movement_frame` of so many systems, as Vega-Lite without its data: rank 1 on top.

    The passages are named at both ends. Hovering a line lights it and turns the rest grey. Made for 2 to 8 systems.
    """
    spec: dict[str, Any] = json.loads(_spec(systems, tuple(scale), top))
    return spec


@lru_cache(maxsize=64)
def _spec(systems: int, scale: tuple[int, ...], top: int) -> str:
    """As JSON, kept: altair takes a fifth of a second of the processor to make and check it, at each run of a page."""
    import altair as alt

    last = max(systems - 1, 0)
    domain = [f"grade {grade}" for grade in scale] + [_NOT_GRADED]
    colours = [grade_colour(place, len(scale)) for place in range(len(scale))] + [UNGRADED]
    hover = alt.selection_point(fields=["docid"], on="pointerover", clear="pointerout", name="hover")
    grade = alt.Color(
        "label:N", scale=alt.Scale(domain=domain, range=colours), title=None, legend=alt.Legend(orient="bottom")
    )
    # where nothing is hovered, the first holds for all lines and the second for none
    lit, chosen = alt.when(hover, empty=True), alt.when(hover, empty=False)
    base = alt.Chart().encode(
        x=alt.X(
            "system:N",
            sort=alt.SortField("order"),
            title=None,
            scale=alt.Scale(type="point", padding=_ROOM),
            axis=alt.Axis(
                labelAngle=0,
                labelLimit=_width(last),
                labelOverlap=False,
                # what is in brackets goes onto a line of its own
                labelExpr="split(replace(datum.label, ' (', '\\n('), '\\n')",
                orient="top",
                grid=True,
                gridDash=[2, 3],
                domain=False,
            ),
        ),
        y=alt.Y(
            "rank:Q",
            title="rank",
            scale=alt.Scale(reverse=True, domain=[1, top + 1], nice=False, padding=8),
            axis=alt.Axis(
                values=[*range(1, top + 2)],
                grid=False,
                labelExpr=f"datum.value > {top} ? 'below' : format(datum.value, 'd')",
            ),
        ),
        detail="docid:N",
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
        color=lit.then(grade).otherwise(alt.value(DIMMED)),
        size=chosen.then(alt.value(5)).otherwise(alt.value(2)),
        opacity=lit.then(alt.value(0.75)).otherwise(alt.value(0.35)),
    )
    points = (
        base.mark_circle()
        .encode(
            color=lit.then(grade).otherwise(alt.value(DIMMED)),
            size=chosen.then(alt.value(220)).otherwise(alt.value(90)),
            opacity=alt.value(1),
        )
        .transform_filter(f"datum.rank <= {top}")
        .add_params(hover)
    )
    dim = lit.then(alt.value(1)).otherwise(alt.value(0.25))
    text = base.encode(text="short:N", opacity=dim)
    limit = _width(last) * _ROOM - 24
    first_names = text.mark_text(align="right", dx=-12, fontSize=SMALLEST, limit=limit, color=QUIET).transform_filter(
        f"datum.rank <= {top} && datum.order == 0"
    )
    last_names = text.mark_text(align="left", dx=12, fontSize=SMALLEST, limit=limit, color=QUIET).transform_filter(
        f"datum.rank <= {top} && datum.order == {last}"
    )
    layers = [lines, points, first_names, last_names]
    made: str = readable(alt.LayerChart(layer=layers, height=32 * (top + 1))).to_json()
    return made


def _label(grade: int | None) -> str:
    return _NOT_GRADED if grade is None else f"grade {grade}"


def _width(last: int) -> float:
    """What a column of the chart has on a narrow screen, in pixels; `last`: the last column's place, from 0."""
    return 600 / (last + 2 * _ROOM)
