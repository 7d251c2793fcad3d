"""The confusion table and the verdicts as frames and charts."""

from __future__ import annotations

import math

from rerank_core.evaluation.names import parse_measure
from rerank_core.judging.llm.figures import FILLED, LLM, PEOPLE, confusion, sides
from rerank_core.store.llm_grades import LlmGrade
from rerank_core.types import Query
from rerank_core.views.llm_grades import (
    confusion_chart,
    confusion_frame,
    failures_frame,
    sides_chart,
    sides_frame,
)
from rerank_core.views.summary import DIFFERENCE, INTERVAL
from tests.support.whole_sets import whole_set

NAMES = {0: "No", 1: "Perhaps", 2: "Yes"}
ORDERS = {
    "base": {f"q{n}": "ab" for n in range(6)},
    "other": {f"q{n}": "ba" if n else "ab" for n in range(6)},
    "broken": {f"q{n}": None for n in range(6)},
}


def test_the_confusion_frame_has_a_row_for_each_pair_of_grades_with_its_share_of_the_column():
    graded = {("q", "a"): 2, ("q", "b"): 1, ("q", "c"): 1, ("q", "d"): 0}
    frame = confusion_frame(confusion(graded, {"q": {"a": 2, "b": 2, "c": 1, "d": 2}}), NAMES)
    assert len(frame) == 3 * 3
    cell = frame.set_index(["llm_grade", "people_grade"])
    assert list(cell.loc[[(2, 2), (1, 2), (0, 2)], "share"]) == [1 / 3, 1 / 3, 1 / 3]
    assert cell.loc[(1, 1), "share"] == 1
    assert math.isnan(cell.loc[(0, 0), "share"])
    assert list(frame[frame["same"]]["llm"]) == ["0 No", "1 Perhaps", "2 Yes"]


def test_a_grade_that_is_no_more_on_the_scale_still_has_its_row():
    frame = confusion_frame(confusion({("q", "a"): 7}, {"q": {"a": 0}}), NAMES)
    assert "7" in set(frame["llm"])
    assert frame["pairs"].sum() == 1


def test_the_confusion_chart_draws_every_cell_and_frames_those_that_agree():
    frame = confusion_frame(confusion({("q", "a"): 2}, {"q": {"a": 2}}), NAMES)
    drawn = confusion_chart(frame).to_dict()
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["rect", "rect", "text"]
    assert drawn["layer"][1]["transform"] == [{"filter": "datum.same"}]


def test_the_verdicts_stand_system_by_system_and_a_failed_one_has_none():
    whole = whole_set({f"q{n}": {"a": 1} for n in range(6)}, ORDERS)
    found = sides(whole, {(f"q{n}", "b"): 1 for n in range(3)}, parse_measure("RR@10"), "base")
    frame = sides_frame(found)
    assert list(frame["System"]) == ["System other"] * 3 + ["broken"] * 3
    assert list(frame["Graded by"]) == [PEOPLE, FILLED, LLM] * 2
    assert list(frame["Queries"][:3]) == [6, 6, 3]
    assert list(frame["Grades"][:3]) == [6, 9, 3]
    # people: five of six queries fall from 1 to 1/2
    assert frame[DIFFERENCE][0] == 5 / 6 * (1 / 2 - 1)
    assert frame[DIFFERENCE][3:].isna().all()
    assert frame[INTERVAL][3:].isna().all()
    assert list(frame["Verdict"][3:]) == ["– not compared"] * 3
    drawn = sides_chart(frame, "RR@10", "System base").to_dict()
    shown = next(iter(drawn["datasets"].values()))
    assert {row["System"] for row in shown} == {"System other"}


def test_without_systems_to_compare_there_is_no_row():
    assert sides_frame([]).empty


def test_the_failures_are_listed_with_what_came():
    answers = {
        ("q1", "a"): LlmGrade("q1", "a", "h", "t", None, "gave no number", "grade: high", at="2026-02-03T10:11:12.000"),
        ("q1", "b"): LlmGrade("q1", "b", "h", "u", 2),
    }
    frame = failures_frame(answers, {"q1": Query("q1", "who eats fish")})
    assert frame.to_dict("records") == [
        {
            "Query": "who eats fish",
            "Passage": "a",
            "Problem": "gave no number",
            "Answer": "grade: high",
            "When": "2026-02-03 10:11",
        }
    ]
