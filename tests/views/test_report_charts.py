"""The charts of the report: their lengths are the figures."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.pareto import Point, pareto_front
from rerank_core.evaluation.slices import SliceDelta
from rerank_core.types import Query
from rerank_core.views.report.charts import WIDTH, differences_drawing, pareto_drawing, slices_drawing
from rerank_core.views.report.shapes import Box, Label, Mark

QUERIES = {qid: Query(qid, f"text of {qid}") for qid in ("q1", "q2", "q3")}


def boxes(drawing):
    return [shape for shape in drawing.shapes if isinstance(shape, Box)]


def test_bars_are_as_long_as_the_changes_and_sorted():
    won, tied, lost = boxes(differences_drawing({"q1": -0.2, "q2": 0.4, "q3": 0.0}, QUERIES, "B", "nDCG@10"))
    assert (won.look, tied.look, lost.look) == ("won", "tied", "lost")
    assert won.x < tied.x < lost.x
    assert won.height == pytest.approx(2 * lost.height)
    # a win ends where a loss begins: on the line of 0
    assert won.y + won.height == pytest.approx(lost.y)
    assert won.tip == "text of q2: +0.400"


def test_gains_stand_on_the_right_of_losses_and_few_queries_are_pale():
    slices = [SliceDelta("tag: a", 9, -0.1, 1, 8, 0), SliceDelta("tag: b", 2, 0.2, 2, 0, 0)]
    gain, loss = boxes(slices_drawing(slices, "nDCG@10"))
    assert (gain.look, loss.look) == ("won few", "lost")
    assert gain.x == pytest.approx(loss.x + loss.width)
    assert gain.width == pytest.approx(2 * loss.width)
    assert slices_drawing([], "nDCG@10") is None


def test_the_front_is_told_from_the_beaten_by_shape_and_names_do_not_overlap():
    points = [Point("fast", 0.5, 0.01), Point("good", 0.7, 1.0), Point("slow", 0.69, 1.001), Point("unknown", 0.6)]
    front = pareto_front(points, ("quality", "latency"))
    drawing = pareto_drawing(points, front, "nDCG@10")
    marks = [shape for shape in drawing.shapes if isinstance(shape, Mark)]
    assert [mark.shape for mark in marks] == ["diamond", "diamond", "circle"]
    assert marks[0].x < marks[1].x <= WIDTH
    assert marks[0].y > marks[1].y
    names = {shape.words: shape for shape in drawing.shapes if isinstance(shape, Label)}
    assert abs(names["good"].y - names["slow"].y) >= 13
    assert "unknown" not in drawing.sentence


def test_one_point_alone_is_no_chart():
    points = [Point("only", 0.5, 0.01)]
    assert pareto_drawing(points, pareto_front(points, ("quality", "latency")), "nDCG@10") is None
