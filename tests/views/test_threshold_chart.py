"""The threshold curve as a table and a chart."""

from __future__ import annotations

import math

from rerank_core.evaluation.threshold import threshold_curve, threshold_for
from rerank_core.types import Ranking, ScoredDoc
from rerank_core.views.threshold import threshold_chart, threshold_frame

RANKINGS = {"q1": Ranking("q1", "S", (ScoredDoc("a", 2.0, 1), ScoredDoc("b", -1.0, 2))), "q2": Ranking("q2", "S", ())}
CURVE = threshold_curve(RANKINGS, {"q1": {"b": 1}})


def test_each_point_has_a_row_for_each_line() -> None:
    frame = threshold_frame(CURVE)
    assert frame[["threshold", "line"]].values.tolist() == [
        [-1.0, "precision"],
        [-1.0, "answered share"],
        [2.0, "precision"],
        [2.0, "answered share"],
    ]
    values = frame["value"].tolist()
    assert values[:2] == [1 / 1, 1 / 2]
    assert math.isnan(values[2])
    assert values[3] == 1 / 2


def test_the_chart_draws_every_row_and_a_rule_at_the_chosen_threshold() -> None:
    chosen = threshold_for(CURVE, 1.0)
    chart = threshold_chart(CURVE, chosen, "logit").to_dict()
    sizes = sorted(len(rows) for rows in chart["datasets"].values())
    assert sizes == [1, 4]
    assert {"threshold": -1.0} in [row for rows in chart["datasets"].values() for row in rows]
    assert "logit" in chart["layer"][0]["encoding"]["x"]["title"]


def test_an_empty_curve_is_a_chart_without_rows() -> None:
    empty = threshold_curve({}, {})
    assert threshold_frame(empty).empty
    assert [rows for rows in threshold_chart(empty).to_dict()["datasets"].values() if rows] == []
