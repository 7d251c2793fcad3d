"""Several judges on one pair: the qrels rule, undo over all queries, skips, notes, and what each judge says now."""

from __future__ import annotations

import itertools

import pytest

from rerank_core.errors import BadInputError
from rerank_core.store import judges, judgments
from rerank_core.store.judgments import RULES, GradeEvent
from rerank_core.store.qrels_rule import Voice, settle
from rerank_core.types import Judgment


@pytest.fixture
def say(workspace, birds):
    """Record one event; events of a judge come from one client of his."""
    counters: dict[str, itertools.count] = {}

    def record(judge, kind, docid="d1", grade=None, qid="q1", source="human", **more):
        seq = next(counters.setdefault(judge, itertools.count(1)))
        event = GradeEvent(judge, seq, kind, qid, docid, grade, **more)
        with workspace.write() as db:
            judgments.record(db, birds.id, judge, [event], birds.scale, source)

    return record


@pytest.fixture
def qrels(workspace, birds):
    def read():
        with workspace.open() as db:
            return judgments.qrels(db, birds.id)

    return read


def voice(grade, age, judge="x", adjudicated=False):
    return Voice(grade, age, age, judge, adjudicated)


@pytest.mark.parametrize(
    ("grades", "expected"),
    [
        ([2], 2),
        ([0, 3, 1], 1),  # the median of 0, 1, 3
        ([3, 0, 0], 0),
        ([2, 2, 0, 3], 2),  # the two middle ones of 0, 2, 2, 3 agree
        ([0, 3], 3),  # of two that differ the later
        ([3, 0], 0),
        ([3, 2, 0, 1], 1),  # the middle ones of 0, 1, 2, 3 are 1 and 2; 1 came later
        ([1, 3, 2, 0], 2),
        ([1, 2, 1, 2], 2),
    ],
)
def test_the_median_counts_and_else_the_later_of_the_two_in_the_middle(grades, expected):
    assert settle(voice(grade, age) for age, grade in enumerate(grades, 1)).grade == expected


def test_a_label_is_that_of_the_newest_judge_who_gave_its_grade():
    assert settle([voice(1, 1, "ann"), voice(1, 2, "bob"), voice(3, 3, "eve")]).judge == "bob"


def test_an_adjudication_counts_over_all_others_and_the_newest_of_several():
    voices = [voice(0, 5), voice(0, 6), voice(2, 3, "lead", True), voice(3, 2, "boss", True)]
    assert settle(voices).grade == 2


def test_a_pair_that_nobody_grades_has_no_label():
    with pytest.raises(ValueError, match="nobody"):
        settle([])


def test_the_rule_holds_over_stored_grades(say, qrels):
    for judge, grade in (("ann", 0), ("bob", 3), ("eve", 1)):
        say(judge, "grade", grade=grade)
    assert qrels() == {"q1": {"d1": 1}}
    say("ann", "grade", grade=2, source="adjudication", rule="adjudication")
    assert qrels() == {"q1": {"d1": 2}}
    say("bob", "grade", grade=1)
    assert qrels() == {"q1": {"d1": 2}}


def test_an_adjudication_can_be_taken_back_and_the_judges_own_grade_stays(say, qrels):
    say("ann", "grade", grade=0)
    say("ann", "grade", grade=2, source="adjudication")
    say("ann", "undo", source="adjudication")
    assert qrels() == {"q1": {"d1": 0}}


def test_an_undo_of_a_grade_leaves_ones_adjudication(say, qrels):
    say("ann", "grade", grade=2, source="adjudication")
    say("ann", "grade", grade=0)
    say("ann", "undo", qid="")
    say("ann", "undo", qid="")
    assert qrels() == {"q1": {"d1": 2}}


def test_a_language_models_grade_never_counts(workspace, birds, say, qrels):
    model = Judgment("q1", "d1", 3, "a model", "llm", "", "", "")
    with workspace.write() as db:
        judgments.import_judgments(db, birds.id, [model])
    assert qrels() == {}
    say("ann", "grade", grade=1)
    assert qrels() == {"q1": {"d1": 1}}
    with workspace.open() as db:
        assert [row.judge for row in judges.judges(db, birds.id)] == ["ann"]


def test_undo_without_a_query_takes_back_the_newest_grade_of_any_query(say, qrels):
    say("ann", "grade", "d1", 1, "q1")
    say("ann", "grade", "d2", 2, "q2")
    say("ann", "grade", "d3", 3, "q1")
    say("bob", "grade", "d1", 0, "q2")
    for expected in ({"q1": {"d1": 1}, "q2": {"d2": 2, "d1": 0}}, {"q1": {"d1": 1}, "q2": {"d1": 0}}):
        say("ann", "undo", qid="")
        assert qrels() == expected
    say("ann", "undo", qid="")
    say("ann", "undo", qid="")
    assert qrels() == {"q2": {"d1": 0}}


def test_a_skip_keeps_the_grade_and_can_be_undone(workspace, birds, say, qrels):
    say("ann", "grade", grade=2)
    say("ann", "skip")
    assert qrels() == {"q1": {"d1": 2}}
    say("ann", "undo", qid="")
    assert qrels() == {"q1": {"d1": 2}}
    say("ann", "undo", qid="")
    assert qrels() == {}


def test_what_was_skipped_is_listed_until_it_is_graded(workspace, birds, say):
    for docid in ("d1", "d2", "d3"):
        say("ann", "skip", docid)
    say("ann", "undo", qid="")
    say("ann", "grade", "d2", 0)
    with workspace.open() as db:
        assert judges.skipped(db, birds.id, "ann") == [("q1", "d1")]
        assert judges.skipped(db, birds.id, "bob") == []


def test_the_newest_note_of_a_judge_holds_and_an_empty_one_takes_it_away(workspace, birds, say, qrels):
    say("ann", "grade", grade=2, note="only the coast")
    say("ann", "note", note="only in spring")
    say("ann", "grade", grade=1)
    say("bob", "note", note="see the other one")
    with workspace.open() as db:
        assert judges.notes(db, birds.id) == {
            ("q1", "d1", "ann"): "only in spring",
            ("q1", "d1", "bob"): "see the other one",
        }
    say("ann", "note", note="")
    with workspace.open() as db:
        assert ("q1", "d1", "ann") not in judges.notes(db, birds.id)
    assert qrels() == {"q1": {"d1": 1}}


def test_by_which_rule_a_pair_came_is_kept(workspace, birds, say):
    for rule in RULES:
        say("ann", "grade", grade=1, rule=rule)
    with workspace.open() as db:
        assert [row["rule"] for row in judgments.history(db, birds.id)] == list(RULES)


@pytest.mark.parametrize("event", [{"kind": "guess"}, {"kind": "grade", "grade": 1, "rule": "whim"}])
def test_a_kind_or_a_rule_that_there_is_not_is_refused(say, event):
    with pytest.raises(BadInputError, match="there is no"):
        say("ann", **event)


def test_the_judges_are_counted_by_what_they_say_now(workspace, birds, say):
    say("ann", "grade", "d1", 1)
    say("ann", "grade", "d1", 2)
    say("ann", "grade", "d2", 2)
    say("ann", "undo")
    say("ann", "skip", "d3")
    say("bob", "grade", "d1", 0)
    say("ann", "grade", "d1", 3, source="adjudication")
    with workspace.open() as db:
        rows = {row.judge: row for row in judges.judges(db, birds.id)}
    assert (rows["ann"].grades, rows["ann"].skipped, rows["ann"].adjudicated) == (1, 1, 1)
    assert (rows["bob"].grades, rows["bob"].skipped, rows["bob"].adjudicated) == (1, 0, 0)
    assert rows["ann"].sources == ("human",)
    assert rows["ann"].first <= rows["ann"].last


def test_the_history_tells_the_old_and_the_new_grade(workspace, birds, say):
    say("ann", "grade", grade=1)
    say("bob", "grade", grade=3)
    say("ann", "grade", grade=2, note="on reflection")
    say("ann", "skip")
    say("ann", "undo", qid="")
    say("ann", "undo")
    say("ann", "grade", grade=3, source="adjudication")
    with workspace.open() as db:
        told = [(one.judge, one.kind, one.old, one.new) for one in judges.changes(db, birds.id)]
    assert told == [
        ("ann", "grade", None, 1),
        ("bob", "grade", None, 3),
        ("ann", "grade", 1, 2),
        ("ann", "skip", 2, 2),
        ("ann", "undo", 2, 2),
        ("ann", "undo", 2, 1),
        ("ann", "grade", None, 3),
    ]


def test_a_person_is_known_by_any_spelling_of_their_name(workspace, birds):
    with workspace.write() as db:
        assert judges.known_spelling(db, "Dr. Anna Vogel") == ""
        for seq, judge in enumerate(["dr. anna vogel", "Dr. Anna Vogel", "Dr. Anna Vogel", "José"], 1):
            event = GradeEvent(f"names{seq}", 1, "grade", "q1", "d1", 1)
            judgments.record(db, birds.id, judge, [event], birds.scale)
    with workspace.open() as db:
        for typed in (
            "DR. ANNA VOGEL",
            "  Dr.  Anna Vogel.",
            "Dr.\u00a0Anna Vogel",
            "Ｄｒ. Anna Vogel",
            "Dr. Anna\u200b Vogel",
        ):
            assert judges.known_spelling(db, typed) == "Dr. Anna Vogel"
        assert judges.known_spelling(db, "Jose\u0301") == "José"
        assert judges.known_spelling(db, "Jose") == ""
        assert judges.known_spelling(db, " . ") == ""
