"""The charts beside the queue: calibration, P(better) and the interval over the grades."""

from __future__ import annotations

from rerank_core.judging.next_grade.calibration import Bin
from rerank_core.judging.next_grade.stopping import Standing
from rerank_core.views.next_grade import (
    calibration_chart,
    calibration_frame,
    interval_chart,
    probability_chart,
    standing_frame,
)

BINS = [Bin(0.1, 0.0, 10, 0.0, 0.28), Bin(0.8, 0.9, 10, 0.6, 0.98)]
STANDINGS = [
    Standing(0.97, 0.04, 0.0, 0.08, 0, True, "", 40, 0.95),
    Standing(0.6, 0.01, -0.1, 0.12, 80, False, "", 20, 0.95),
]


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_the_calibration_has_a_row_a_bin_and_the_line_of_equal_shares():
    assert calibration_frame(BINS).values.tolist() == [[0.1, 0.0, 0.0, 0.28, 10], [0.8, 0.9, 0.6, 0.98, 10]]
    drawn = rows_of(calibration_chart(BINS))
    assert {"predicted": 1.0, "seen": 1.0} in drawn
    assert len(drawn) == 2 + len(BINS)


def test_without_grades_the_calibration_is_the_line_alone():
    assert len(rows_of(calibration_chart([]))) == 2


def test_standings_stand_in_the_order_of_their_grades():
    assert standing_frame(STANDINGS)["grades"].tolist() == [20, 40]
    assert standing_frame([]).empty


def test_the_probability_has_both_thresholds_and_names_the_system():
    chart = probability_chart(STANDINGS, "Bigger model")
    assert sorted(row["p_better"] for row in rows_of(chart) if "grades" not in row) == [1 - 0.95, 0.95]
    assert chart.to_dict()["layer"][1]["encoding"]["y"]["title"] == "Bigger model is better"


def test_the_interval_is_drawn_around_the_change_with_a_line_at_none():
    drawn = rows_of(interval_chart(STANDINGS, "nDCG@10"))
    assert {"delta": 0.0} in drawn
    assert [(row["low"], row["delta"], row["high"]) for row in drawn if "low" in row] == [
        (-0.1, 0.01, 0.12),
        (0.0, 0.04, 0.08),
    ]
