"""Settling disagreements, and grades of passages that changed."""

from __future__ import annotations

import itertools

import pytest

from rerank_core.errors import BadInputError, NotFoundError
from rerank_core.judging.disputes import adjudicate, cases, take_back
from rerank_core.judging.stale import grade_again, stale_labels
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent


@pytest.fixture
def say(workspace, birds):
    counter = itertools.count(1)

    def record(judge, kind, docid="d1", grade=None, qid="q1", note="", source="human"):
        event = GradeEvent(judge, next(counter), kind, qid, docid, grade, note)
        with workspace.write() as db:
            judgments.record(db, birds.id, judge, [event], birds.scale, source)

    return record


@pytest.fixture
def change(workspace):
    def rewrite(docid, text_hash="another"):
        with workspace.open() as db:
            db.execute(
                "UPDATE doc SET text = 'It reads differently now.', text_hash = ? WHERE docid = ?", [text_hash, docid]
            )

    return rewrite


def labels(workspace, birds):
    with workspace.open() as db:
        return judgments.qrels(db, birds.id)


def test_a_case_shows_what_each_judge_said_and_what_counts_now(workspace, birds, say):
    say("ann", "grade", grade=3, note="it says so")
    say("bob", "grade", grade=0)
    say("bob", "note", note="about another bird")
    say("ann", "grade", "d2", 1)
    say("bob", "grade", "d2", 1)
    (case,) = cases(workspace, birds)
    assert (case.query.text, case.docid, case.doc.title, case.spread) == ("who eats fish", "d1", "Terns", 3)
    assert [(one.judge, one.grade, one.note) for one in case.said] == [
        ("ann", 3, "it says so"),
        ("bob", 0, "about another bird"),
    ]
    assert (case.label, case.settled) == (0, None)


def test_what_is_settled_counts_and_can_be_taken_back(workspace, birds, say):
    say("ann", "grade", grade=3)
    say("bob", "grade", grade=0)
    adjudicate(workspace, birds, "lead", "q1", "d1", 2, "read the guideline")
    (case,) = cases(workspace, birds)
    assert (case.label, case.settled.judge, case.settled.grade, case.settled.note) == (
        2,
        "lead",
        2,
        "read the guideline",
    )
    assert labels(workspace, birds) == {"q1": {"d1": 2}}
    assert take_back(workspace, birds, "lead")
    assert cases(workspace, birds)[0].settled is None
    assert labels(workspace, birds) == {"q1": {"d1": 0}}
    assert not take_back(workspace, birds, "lead")


def test_settling_again_holds_the_newest(workspace, birds, say):
    say("ann", "grade", grade=3)
    say("bob", "grade", grade=0)
    adjudicate(workspace, birds, "lead", "q1", "d1", 2)
    adjudicate(workspace, birds, "boss", "q1", "d1", 1)
    assert cases(workspace, birds)[0].settled.judge == "boss"
    assert labels(workspace, birds) == {"q1": {"d1": 1}}


def test_a_settled_grade_is_marked_as_one_in_the_history(workspace, birds, say):
    adjudicate(workspace, birds, "lead", "q1", "d1", 2, "why")
    with workspace.open() as db:
        (row,) = judgments.history(db, birds.id)
    assert (row["source"], row["rule"], row["note"]) == ("adjudication", "adjudication", "why")


def test_what_cannot_be_settled_is_refused(workspace, birds):
    with pytest.raises(BadInputError, match="not on the scale"):
        adjudicate(workspace, birds, "lead", "q1", "d1", 7)
    with pytest.raises(NotFoundError, match="gone"):
        adjudicate(workspace, birds, "lead", "q1", "nobody", 1)
    assert labels(workspace, birds) == {}


def test_a_label_is_stale_once_its_text_changed_and_not_after_it_was_confirmed(workspace, birds, say, change):
    say("ann", "grade", "d1", 2)
    say("ann", "grade", "d2", 2)
    assert stale_labels(workspace, birds) == []
    change("d1")
    (stale,) = stale_labels(workspace, birds)
    assert (stale.label.docid, stale.label.judge, stale.doc.text) == ("d1", "ann", "It reads differently now.")
    grade_again(workspace, birds, "bob", stale, stale.label.grade)
    assert stale_labels(workspace, birds) == []
    assert labels(workspace, birds)["q1"]["d1"] == 2
    with workspace.open() as db:
        assert [row["rule"] for row in judgments.history(db, birds.id)] == ["", "", "stale"]
        assert judgments.history(db, birds.id)[-1]["text_hash"] == "another"


def test_a_changed_passage_can_be_given_another_grade(workspace, birds, say, change):
    say("ann", "grade", "d1", 2)
    change("d1")
    grade_again(workspace, birds, "ann", stale_labels(workspace, birds)[0], 0)
    assert labels(workspace, birds) == {"q1": {"d1": 0}}
    assert stale_labels(workspace, birds) == []


def test_confirming_holds_among_several_judges(workspace, birds, say, change):
    for judge, grade in (("ann", 0), ("bob", 1), ("eve", 3)):
        say(judge, "grade", "d1", grade)
    change("d1")
    (stale,) = stale_labels(workspace, birds)
    assert stale.label.grade == 1
    grade_again(workspace, birds, "dan", stale, 1)
    assert labels(workspace, birds) == {"q1": {"d1": 1}}
    assert stale_labels(workspace, birds) == []


def test_an_adjudicated_label_is_confirmed_as_one(workspace, birds, say, change):
    adjudicate(workspace, birds, "lead", "q1", "d1", 2)
    say("ann", "grade", "d1", 0)
    change("d1")
    (stale,) = stale_labels(workspace, birds)
    grade_again(workspace, birds, "lead", stale, 2)
    assert stale_labels(workspace, birds) == []
    assert labels(workspace, birds) == {"q1": {"d1": 2}}


def test_a_passage_that_is_gone_is_not_stale(workspace, birds, say):
    say("ann", "grade", "d1", 2)
    with workspace.open() as db:
        db.execute("DELETE FROM doc WHERE docid = 'd1'")
    assert stale_labels(workspace, birds) == []
