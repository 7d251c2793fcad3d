"""The bump chart's table: a row for each passage that is in somebody's top, and where it went."""

from __future__ import annotations

from rerank_core.types import Ranking, ScoredDoc
from rerank_core.views.movement import movement_frame, movement_spec
from rerank_core.views.palette import GRADES, grade_colour


def ranking(*docids):
    return Ranking("q1", "s", tuple(ScoredDoc(docid, 1.0 / rank, rank) for rank, docid in enumerate(docids, 1)))


RANKINGS = {"A": ranking("a", "b", "c"), "B": ranking("c", "a", "b"), "C": ranking("a", "b")}


def test_a_passage_below_the_top_is_drawn_under_it_with_its_true_rank():
    frame = movement_frame(RANKINGS, {"c": 3}, {"c": "Sea"}, top=2)
    rows = {(row.system, row.docid): row for row in frame.itertuples()}
    assert len(frame) == 9
    assert (rows["A", "c"].rank, rows["A", "c"].place) == (3, "3")
    assert (rows["B", "c"].rank, rows["B", "c"].grade, rows["B", "c"].title) == (1, 3, "Sea")
    assert rows["C", "c"].place == "not among the candidates"


def test_the_chart_knows_every_grade_and_greys_what_is_not_hovered():
    spec = movement_spec(3, [0, 1, 2, 3], top=2)
    color = spec["layer"][0]["encoding"]["color"]
    assert color["condition"]["scale"]["domain"] == ["grade 0", "grade 1", "grade 2", "grade 3", "not graded"]
    assert color["condition"]["param"] == "hover"
    assert color["value"] == "#b9bdc4"


def test_passages_are_named_beside_the_first_and_the_last_system():
    spec = movement_spec(3, [0, 1], top=2)
    named = [layer["transform"][0]["filter"] for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    assert named == ["datum.rank <= 2 && datum.order == 0", "datum.rank <= 2 && datum.order == 2"]


def test_worst_and_best_have_the_ends_of_the_palette_on_any_scale():
    for steps in (2, 3, 4, 6):
        assert (grade_colour(0, steps), grade_colour(steps - 1, steps)) == (GRADES[0], GRADES[-1])
