"""The chart beside the queue: calibration."""

from __future__ import annotations

from rerank_core.judging.next_grade.calibration import Bin
from rerank_core.views.next_grade import calibration_chart, calibration_frame

BINS = [Bin(0.1, 0.0, 10, 0.0, 0.28), Bin(0.8, 0.9, 10, 0.6, 0.98)]


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def test_the_calibration_has_a_row_a_bin_and_the_line_of_equal_shares():
    assert calibration_frame(BINS).values.tolist() == [[0.1, 0.0, 0.0, 0.28, 10], [0.8, 0.9, 0.6, 0.98, 10]]
    drawn = rows_of(calibration_chart(BINS))
    assert {"predicted": 1.0, "seen": 1.0} in drawn
    assert len(drawn) == 2 + len(BINS)


def test_without_grades_the_calibration_is_the_line_alone():
    assert len(rows_of(calibration_chart([]))) == 2
