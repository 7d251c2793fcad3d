"""The list of passages that could decide: over a real workspace, grade by grade, with another judge beside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.judging.deciding import Deciding, Duel
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from tests.support.label_lists import SETTINGS, SYSTEMS, make_list

BASE, OTHER = SYSTEMS


@pytest.fixture
def letters(workspace):
    return make_list(workspace, queries=12, passages=8)


def duel(workspace, dataset, margin=0.02):
    whole = load_whole_set(Experiment.of(workspace, dataset.name, SYSTEMS, settings=SETTINGS))
    return Duel(whole.rankings(BASE), whole.rankings(OTHER), 10, margin)


class Hand:
    """Somebody who grades: events of one client, numbered."""

    def __init__(self, workspace, dataset, judge):
        self.workspace, self.dataset, self.judge, self.seq = workspace, dataset, judge, 0

    def does(self, kind, item=None, grade=None):
        self.seq += 1
        pair = (item.qid, item.docid) if item else ("", "")
        event = GradeEvent(f"{self.judge}-client", self.seq, kind, *pair, grade, "", "matters")
        with self.workspace.write() as db:
            judgments.record(db, self.dataset.id, self.judge, [event], self.dataset.scale)


def test_it_asks_for_what_matters_and_follows_each_grade(workspace, letters):
    listed, ann = Deciding(workspace, letters, "ann", duel(workspace, letters)), Hand(workspace, letters, "ann")
    before = listed.decision()
    assert before.word == "open"
    assert len(listed.upcoming(500)) == before.passages == listed.progress().left
    assert {item.rule for item in listed.upcoming()} == {"matters"}
    first = listed.upcoming(1)[0]
    ann.does("grade", first, 3)
    assert (first.qid, first.docid) not in {(item.qid, item.docid) for item in listed.upcoming(500)}
    after = listed.decision()
    assert after.high - after.low < before.high - before.low
    assert (listed.progress().done, listed.history(1)[0].grade) == (1, 3)
    ann.does("undo")
    assert listed.progress().done == 0
    assert listed.decision() == before


def test_a_perfect_system_is_called_better_before_all_is_graded(workspace, letters):
    """Grades fall with the baseline's order, which the other system turns round: the list ends with the verdict."""
    listed, ann = Deciding(workspace, letters, "ann", duel(workspace, letters)), Hand(workspace, letters, "ann")
    given = 0
    while items := listed.upcoming(1):
        place = int(items[0].docid.rsplit("-d", 1)[1])
        ann.does("grade", items[0], 3 if place < 2 else 0)
        given += 1
    found = listed.decision()
    assert found.word == "worse"
    assert found.is_over
    assert given < 12 * 8 / 2


def test_a_skipped_passage_comes_last(workspace, letters):
    listed, ann = Deciding(workspace, letters, "ann", duel(workspace, letters)), Hand(workspace, letters, "ann")
    first = listed.upcoming(1)[0]
    ann.does("skip", first)
    items = listed.upcoming(500)
    assert (items[-1].qid, items[-1].docid) == (first.qid, first.docid)
    assert (listed.progress().skipped, listed.progress().done) == (1, 0)


def test_the_grades_of_others_count_and_are_not_asked_for_again(workspace, letters):
    listed, bob = Deciding(workspace, letters, "ann", duel(workspace, letters)), Hand(workspace, letters, "bob")
    before, first = listed.decision(), listed.upcoming(1)[0]
    bob.does("grade", first, 0)
    assert listed.decision() != before
    assert (first.qid, first.docid) not in {(item.qid, item.docid) for item in listed.upcoming(500)}
    assert listed.history() == []


def test_a_wide_margin_needs_fewer_grades(workspace, letters):
    narrow, wide = duel(workspace, letters), replace(duel(workspace, letters), margin=0.9)
    grades = {"q0": {"q0-d0": 1}}
    assert wide.decision(grades, (0, 1, 2, 3)).passages < narrow.decision(grades, (0, 1, 2, 3)).passages


def test_one_query_has_no_list(workspace):
    dataset = make_list(workspace, queries=1)
    listed = Deciding(workspace, dataset, "ann", duel(workspace, dataset))
    assert (listed.decision(), listed.upcoming(), listed.progress().left) == (None, [], 0)
