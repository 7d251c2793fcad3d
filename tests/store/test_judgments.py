"""Labels: kept once, in order, undone to any depth, and never overwritten."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rerank_core.errors import BadInputError
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Judgment, text_hash
from tests.conftest import BIRDS


def grade(seq, docid, value, client="c1", qid="q1"):
    return GradeEvent(client, seq, "grade", qid, docid, value)


def undo(seq, client="c1", qid="q1"):
    return GradeEvent(client, seq, "undo", qid)


@pytest.fixture
def say(workspace, birds):
    """Record events as a judge; return what is in force afterwards as {docid: grade}."""

    def record(*events, judge="ann"):
        with workspace.write() as db:
            judgments.record(db, birds.id, judge, events, birds.scale)
            return judgments.qrels(db, birds.id).get("q1", {})

    return record


def rows(workspace, birds):
    with workspace.open() as db:
        return judgments.history(db, birds.id)


def test_a_grade_is_in_force_and_knows_the_text_it_belongs_to(workspace, birds, say):
    assert say(grade(1, "d1", 3)) == {"d1": 3}
    with workspace.open() as db:
        (label,) = judgments.in_force(db, birds.id, "q1")
    assert (label.judge, label.source, label.text_hash) == ("ann", "human", text_hash(BIRDS[0].content))


@pytest.mark.parametrize(
    ("judged", "current", "stale"),
    [
        ("a1", "b2", True),
        ("a1", "a1", False),
        # imported without a text, and a passage that is gone
        ("", "b2", False),
        ("a1", None, False),
    ],
)
def test_a_grade_is_stale_when_its_passage_reads_otherwise_than_the_judge_saw_it(judged, current, stale):
    assert judgments.is_stale(judged, current) is stale


def test_the_same_event_sent_again_is_kept_once(workspace, birds, say):
    outbox = [grade(1, "d1", 3), grade(2, "d2", 0)]
    say(*outbox)
    assert say(*outbox, grade(3, "d1", 1)) == {"d1": 1, "d2": 0}
    assert [row["seq"] for row in rows(workspace, birds)] == [1, 2, 3]


def test_events_are_kept_in_the_order_of_seq_and_acknowledged_with_the_highest(workspace, birds):
    with workspace.write() as db:
        ack = judgments.record(
            db, birds.id, "ann", [grade(2, "d1", 0), grade(1, "d1", 3), grade(1, "d2", 1, "c2")], birds.scale
        )
        assert ack == {"c1": 2, "c2": 1}
        assert judgments.qrels(db, birds.id)["q1"] == {"d1": 0, "d2": 1}


def test_undo_walks_back_to_any_depth_and_erases_nothing(workspace, birds, say):
    say(grade(1, "d1", 1), grade(2, "d2", 2), grade(3, "d1", 3))
    assert say(undo(4)) == {"d1": 1, "d2": 2}
    assert say(undo(5)) == {"d1": 1}
    assert say(undo(6)) == {}
    assert say(undo(7)) == {}
    assert [row["kind"] for row in rows(workspace, birds)] == ["grade"] * 3 + ["undo"] * 3


def test_a_grade_after_an_undo_counts(say):
    assert say(grade(1, "d1", 1), undo(2), grade(3, "d1", 2), grade(4, "d1", 3), undo(5)) == {"d1": 2}


def test_an_undo_that_found_nothing_finds_nothing_when_it_is_sent_again_later(say):
    assert say(undo(1, "c1")) == {}
    # the same judge grades in another tab meanwhile
    assert say(grade(1, "d1", 3, "c2")) == {"d1": 3}
    assert say(undo(1, "c1")) == {"d1": 3}
    assert say(undo(2, "c1")) == {}


def test_a_grade_of_a_passage_that_is_gone_is_not_kept_when_the_passage_comes_back(workspace, birds, say):
    say(grade(1, "later", 2))
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc("later", "A heron waits for fish.")])
    assert say(grade(1, "later", 2)) == {}


def test_undo_takes_back_only_ones_own_grade(say):
    say(grade(1, "d1", 1, "c1"), judge="ann")
    say(grade(1, "d1", 3, "c2"), judge="bob")
    assert say(undo(2, "c1"), judge="ann") == {"d1": 3}
    assert say(undo(2, "c2"), judge="bob") == {}


def test_an_undo_does_not_overtake_what_another_judge_said_in_between(say):
    say(grade(1, "d1", 2, "c1"), judge="ann")
    say(grade(1, "d1", 3, "c2"), judge="bob")
    say(grade(2, "d1", 1, "c1"), judge="ann")
    assert say(undo(3, "c1"), judge="ann") == {"d1": 3}


def test_a_persons_grade_counts_over_an_imported_one_and_undo_brings_it_back(workspace, birds, say):
    imported = Judgment("q1", "d1", 0, "qrels", "import", "", "2025-01-01T00:00:00.000+00:00", "")
    with workspace.write() as db:
        judgments.import_judgments(db, birds.id, [imported])
    assert say(grade(1, "d1", 3)) == {"d1": 3}
    assert say(undo(2)) == {"d1": 0}


def test_a_grade_that_is_not_on_the_scale_is_refused_and_nothing_of_its_batch_is_kept(workspace, birds, say):
    with pytest.raises(BadInputError, match=r"7 is not on the scale"):
        say(grade(1, "d1", 3), grade(2, "d2", 7))
    assert rows(workspace, birds) == []


def test_a_passage_that_is_gone_is_acknowledged_and_changes_nothing(say):
    assert say(grade(1, "nobody", 3), grade(2, "d1", 2)) == {"d1": 2}


def test_what_was_graded_since_an_event_is_known_by_query(workspace, birds, say):
    say(grade(1, "d1", 3))
    with workspace.open() as db:
        seen = judgments.last_event(db, birds.id)
    say(grade(2, "d1", 3, qid="q2"))
    with workspace.open() as db:
        assert judgments.queries_graded_since(db, birds.id, seen) == ["q2"]


JUDGE = """
import sys
from rerank_core.store import judgments, datasets
from rerank_core.store.workspace import Workspace
path, me = sys.argv[1:]
workspace = Workspace(path)
with workspace.open() as db:
    dataset = datasets.get_dataset(db, "birds")
for seq in range(1, 51):
    with workspace.write() as db:
        event = judgments.GradeEvent(me, seq, "grade", "q1", ["d1", "d2", "d3", "007"][seq % 4], seq % 4)
        judgments.record(db, dataset.id, me, [event], dataset.scale)
"""


def test_five_processes_grading_at_once_lose_nothing(workspace: Workspace, birds):
    judges = [subprocess.Popen([sys.executable, "-c", JUDGE, str(workspace.path), f"judge{i}"]) for i in range(5)]
    assert [judge.wait(60) for judge in judges] == [0] * 5
    kept = [(row["judge"], row["seq"]) for row in rows(workspace, birds)]
    assert sorted(kept) == sorted((f"judge{i}", seq) for i in range(5) for seq in range(1, 51))


def test_of_events_that_find_nothing_one_is_remembered_for_each_client_and_of_clients_so_many(
    workspace, birds, monkeypatch
):
    monkeypatch.setattr(judgments, "MOST_IDLE", 20)
    with workspace.write() as db:
        for client in range(60):
            events = [GradeEvent(f"c{client}", seq, "grade", "q1", "gone", 1) for seq in range(1, 40)]
            judgments.record(db, birds.id, "ann", events, birds.scale)
        rows = dict(db.execute("SELECT client_id, seq FROM idle_event"))
    assert len(rows) <= 20
    assert rows["c59"] == 39
    assert set(rows.values()) == {39}
