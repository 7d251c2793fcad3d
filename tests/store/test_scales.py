"""Scales: free before the first grade, fixed after it, and changed only with a mapping that covers all grades."""

from __future__ import annotations

import pytest

from rerank_core.errors import BadInputError
from rerank_core.store import datasets, judges, judgments, scales
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.scales import PRESETS

YES_NO = PRESETS["Yes or no"]


@pytest.fixture
def say(workspace, birds):
    seq = iter(range(1, 100))

    def record(kind, docid="d1", grade=None, judge="ann", source="human", **more):
        event = GradeEvent(judge, next(seq), kind, "q1", docid, grade, **more)
        with workspace.write() as db:
            scale = datasets.get_dataset(db, "birds").scale
            judgments.record(db, birds.id, judge, [event], scale, source)

    return record


def change(workspace, birds, grades, mapping=None):
    with workspace.write() as db:
        return scales.set_scale(db, birds.id, grades, mapping)


def qrels(workspace, birds):
    with workspace.open() as db:
        return judgments.qrels(db, birds.id).get("q1", {})


def test_a_new_dataset_has_the_default_scale_with_its_guidelines(workspace, birds):
    with workspace.open() as db:
        assert tuple(scales.get_scale(db, birds.id)) == PRESETS[scales.DEFAULT]


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_can_be_chosen_before_the_first_grade(workspace, birds, preset):
    assert change(workspace, birds, PRESETS[preset]) == 0
    with workspace.open() as db:
        assert tuple(scales.get_scale(db, birds.id)) == PRESETS[preset]
        assert datasets.get_dataset(db, "birds").scale == {one.grade: one.name for one in PRESETS[preset]}


def test_once_there_are_grades_only_guidelines_change(workspace, birds, say):
    say("grade", grade=2)
    with pytest.raises(BadInputError, match="1 grades were given on the scale as it is"):
        change(workspace, birds, YES_NO)
    words = [(one.grade, one.name, f"give {one.grade}") for one in PRESETS[scales.DEFAULT]]
    assert change(workspace, birds, words) == 0
    with workspace.open() as db:
        assert [one.guideline for one in scales.get_scale(db, birds.id)] == ["give 0", "give 1", "give 2", "give 3"]
        assert len(judgments.history(db, birds.id)) == 1


def test_grades_that_were_all_taken_back_leave_the_scale_free(workspace, birds, say):
    say("grade", grade=2)
    say("undo")
    assert change(workspace, birds, YES_NO) == 0


def test_a_mapping_must_cover_every_grade_in_use_and_lead_onto_the_new_scale(workspace, birds, say):
    say("grade", grade=2)
    say("grade", grade=0, judge="bob")
    with pytest.raises(BadInputError, match=r"nothing says what becomes of \[0\]"):
        change(workspace, birds, YES_NO, {2: 1})
    with pytest.raises(BadInputError, match=r"\[2\] are not on the new scale"):
        change(workspace, birds, YES_NO, {0: 0, 2: 2})
    assert qrels(workspace, birds) == {"d1": 0}


def test_a_mapping_appends_a_row_a_grade_and_keeps_judge_source_and_text(workspace, birds, say):
    say("grade", "d1", 3)
    say("grade", "d1", 1, judge="bob")
    say("grade", "d2", 0)
    say("grade", "d1", 2, judge="lead", source="adjudication")
    assert change(workspace, birds, YES_NO, {0: 0, 1: 0, 2: 1, 3: 1}) == 4
    assert qrels(workspace, birds) == {"d1": 1, "d2": 0}
    with workspace.open() as db:
        rows = judgments.history(db, birds.id)
        assert [row["grade"] for row in rows[:4]] == [3, 1, 0, 2]
        assert [row["rule"] for row in rows[4:]] == ["mapped"] * 4
        assert rows[4]["note"] == "mapped from 3 (Answers it)"
        assert rows[4]["text_hash"] == rows[0]["text_hash"]
        assert [(row["judge"], row["source"]) for row in rows[4:]] == [(r["judge"], r["source"]) for r in rows[:4]]
        assert judges.notes(db, birds.id) == {}


def test_an_undo_does_not_reach_back_over_a_mapping(workspace, birds, say):
    say("grade", "d1", 3)
    change(workspace, birds, YES_NO, {3: 1})
    say("grade", "d1", 0)
    say("undo")
    assert qrels(workspace, birds) == {"d1": 1}
    say("undo")
    assert qrels(workspace, birds) == {"d1": 1}


def test_two_judges_who_differ_keep_their_order_over_a_mapping(workspace, birds, say):
    say("grade", "d1", 0, judge="ann")
    say("grade", "d1", 3, judge="bob")
    say("grade", "d1", 1, judge="ann")
    say("undo", judge="ann")
    assert qrels(workspace, birds) == {"d1": 3}
    change(workspace, birds, YES_NO, {0: 0, 3: 1})
    assert qrels(workspace, birds) == {"d1": 1}


def test_a_scale_that_only_grows_carries_nothing_over(workspace, birds, say):
    say("grade", "d1", 3)
    assert change(workspace, birds, PRESETS["0 to 4"], {3: 3}) == 0
    say("undo")
    assert qrels(workspace, birds) == {}


def test_grades_in_use_are_counted_over_all_judges(workspace, birds, say):
    say("grade", "d1", 3)
    say("grade", "d1", 3, judge="bob")
    say("grade", "d2", 0)
    with workspace.open() as db:
        assert scales.grades_in_use(db, birds.id) == {0: 1, 3: 2}


@pytest.mark.parametrize(
    "grades",
    [
        [(0, "no", "")],
        [(0, "no", ""), (0, "yes", "")],
        [(1, "no", ""), (2, "yes", "")],
        [(-1, "bad", ""), (0, "no", "")],
        [(0, "no", ""), (1, " ", "")],
        [(0, "no", ""), (1, "no", "")],
        [(0, "no", ""), (1, "y" * 41, "")],
        [(grade, f"grade {grade}", "") for grade in range(12)],
    ],
)
def test_a_scale_that_cannot_work_is_refused_and_changes_nothing(workspace, birds, grades):
    with pytest.raises(BadInputError, match="scale"):
        change(workspace, birds, grades)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "birds").scale == birds.scale
