"""Scratch, kept and removed queries: what counts, and that no grade is ever lost."""

from __future__ import annotations

import sqlite3

import pytest
from sqlite_utils import Database

from rerank_core.judging.history import label_events
from rerank_core.store import datasets, judgments, query_states, votes
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.migrations import migrations
from rerank_core.store.query_states import Removal, find_query, is_scratch, keep_queries, remove_queries, try_query
from rerank_core.store.workspace import Workspace
from rerank_core.types import Judgment, Query

SCALE = (0, 1, 2, 3)
OTTER = Query("typed-1", "do otters swim")


def grade(db: Database, dataset: int, qid: str, value: int, seq: int = 1, kind: str = "grade") -> None:
    given = value if kind == "grade" else None
    event = GradeEvent(f"client-{qid}", seq, kind, qid, "d1", given, "a note" if kind == "note" else "")
    judgments.record(db, dataset, "Ann", [event], SCALE)


def kept(workspace: Workspace, dataset: int) -> list[str]:
    """The ids of the queries that count; the dataset's own number of them agrees."""
    with workspace.open() as db:
        qids = [query.qid for query in datasets.get_queries(db, dataset)]
        assert datasets.get_dataset(db, "birds").n_queries == len(qids)
        return qids


def test_a_scratch_query_can_be_found_and_counts_nowhere(workspace, birds):
    with workspace.write() as db:
        try_query(db, birds.id, OTTER)
        assert find_query(db, birds.id, "typed-1") == OTTER
        assert is_scratch(db, birds.id, "typed-1")
    assert kept(workspace, birds.id) == ["q1", "q2"]


def test_trying_a_query_that_counts_leaves_it_as_it_is(workspace, birds):
    with workspace.write() as db:
        try_query(db, birds.id, Query("q1", "another text"))
        assert not is_scratch(db, birds.id, "q1")
        assert find_query(db, birds.id, "q1").text == "who eats fish"


@pytest.mark.parametrize("kind", ["grade", "note"])
def test_a_grade_or_a_note_keeps_a_scratch_query(workspace, birds, kind):
    with workspace.write() as db:
        try_query(db, birds.id, OTTER)
        grade(db, birds.id, "typed-1", 2, kind=kind)
    assert kept(workspace, birds.id) == ["q1", "q2", "typed-1"]
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == ({"typed-1": {"d1": 2}} if kind == "grade" else {})


def test_grades_of_a_file_keep_a_scratch_query(workspace, birds):
    with workspace.write() as db:
        try_query(db, birds.id, OTTER)
        judgments.import_judgments(db, birds.id, iter([Judgment("typed-1", "d1", 1, "file", "import", "", "", "")]))
    assert kept(workspace, birds.id) == ["q1", "q2", "typed-1"]


def test_keeping_is_said_once(workspace, birds):
    with workspace.write() as db:
        try_query(db, birds.id, OTTER)
        assert keep_queries(db, birds.id, ["typed-1", "q1", "nothing"]) == 1
        assert keep_queries(db, birds.id, ["typed-1"]) == 0
    assert kept(workspace, birds.id) == ["q1", "q2", "typed-1"]


def test_a_removed_query_without_grades_leaves_nothing(workspace, birds):
    with workspace.write() as db:
        assert remove_queries(db, birds.id, ["q1", "not here"]) == Removal(1, 0, 0)
        assert query_states.once_here(db, birds.id, ["q1"]) == {}
    assert kept(workspace, birds.id) == ["q2"]


def test_grades_of_a_removed_query_stay_in_the_history_alone(workspace, birds):
    with workspace.write() as db:
        grade(db, birds.id, "q1", 3)
        grade(db, birds.id, "q2", 1)
        removal = remove_queries(db, birds.id, ["q1"])
        assert removal == Removal(1, 1, 1)
        assert removal.grades_sentence() == "1 grade on 1 query stays in the history and no longer counts."
        assert judgments.qrels(db, birds.id) == {"q2": {"d1": 1}}
        assert judgments.in_force(db, birds.id, "q1") == []
        assert find_query(db, birds.id, "q1") is None
    assert [(event.query, event.new_grade) for event in label_events(workspace, birds)] == [
        ("who eats fish", 3),
        ("hovering hunter", 1),
    ]


def test_a_grade_that_arrives_after_the_removal_is_in_the_history_too(workspace, birds):
    with workspace.write() as db:
        grade(db, birds.id, "q1", 3)
        remove_queries(db, birds.id, ["q1"])
        grade(db, birds.id, "q1", 2, seq=2)
        assert judgments.qrels(db, birds.id) == {}
        assert len(judgments.history(db, birds.id)) == 2


def test_added_again_with_its_text_a_query_has_its_grades_back(workspace, birds):
    with workspace.write() as db:
        grade(db, birds.id, "q1", 3)
        remove_queries(db, birds.id, ["q1"])
        datasets.add_queries(db, birds.id, [Query("q1", "who eats fish", "a new note")])
        datasets.count_queries(db, birds.id)
        assert judgments.qrels(db, birds.id) == {"q1": {"d1": 3}}
        assert find_query(db, birds.id, "q1").note == "a new note"
    assert kept(workspace, birds.id) == ["q1", "q2"]


def test_added_again_with_another_text_a_query_begins_without_grades(workspace, birds):
    with workspace.write() as db:
        grade(db, birds.id, "q1", 3)
        remove_queries(db, birds.id, ["q1"])
        datasets.add_queries(db, birds.id, [Query("q1", "who builds nests")])
        datasets.count_queries(db, birds.id)
        assert judgments.qrels(db, birds.id) == {}
        grade(db, birds.id, "q1", 1, seq=2)
        assert judgments.qrels(db, birds.id) == {"q1": {"d1": 1}}


def test_a_query_that_is_there_keeps_its_first_text(workspace, birds):
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query("q1", "another text", "another note", ("tag",))])
        assert find_query(db, birds.id, "q1") == Query("q1", "who eats fish")


def test_typing_a_removed_query_again_tries_it_as_scratch(workspace, birds):
    with workspace.write() as db:
        try_query(db, birds.id, OTTER)
        grade(db, birds.id, "typed-1", 2)
        remove_queries(db, birds.id, ["typed-1"])
        try_query(db, birds.id, OTTER)
        assert is_scratch(db, birds.id, "typed-1")
        assert judgments.qrels(db, birds.id) == {}
        keep_queries(db, birds.id, ["typed-1"])
        assert judgments.qrels(db, birds.id) == {"typed-1": {"d1": 2}}


def test_votes_on_a_removed_query_no_longer_count_and_come_back_with_it(workspace, birds):
    with workspace.write() as db:
        votes.add_vote(db, birds.id, votes.Vote("q1", "A", "B", "s", 5, "one", "other", "Ann"))
        remove_queries(db, birds.id, ["q1"])
        assert votes.votes_between(db, birds.id, ("A", "B"), "s") == []
        datasets.add_queries(db, birds.id, [Query("q1", "who eats fish")])
        assert len(votes.votes_between(db, birds.id, ("A", "B"), "s")) == 1


def test_five_thousand_queries_go_at_once(workspace, birds):
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query(f"x{n}", f"text {n}") for n in range(5_000)])
        datasets.count_queries(db, birds.id)
        removal = remove_queries(db, birds.id, [f"x{n}" for n in range(5_000)])
    assert removal.sentence() == "5,000 queries"
    assert kept(workspace, birds.id) == ["q1", "q2"]


def test_queries_of_an_older_workspace_stay_kept(tmp_path):
    db = Database(sqlite3.connect(tmp_path / "old.db"))
    migrations.apply(db, stop_before="016_scratch_queries")
    db.execute("INSERT INTO dataset (id, name, state, created_at, scale) VALUES (1, 'old', 'ready', '', '{}')")
    db.execute("INSERT INTO query (dataset_id, qid, text) VALUES (1, 'typed-abc', 'typed before')")
    db.conn.commit()
    db.close()
    with Workspace(tmp_path / "old.db").open() as db:
        assert [query.qid for query in datasets.get_queries(db, 1)] == ["typed-abc"]
        assert not is_scratch(db, 1, "typed-abc")


@pytest.mark.parametrize("odd", ["an unknown word", "1e400", b"\x00", -5, 2.5])
def test_grades_count_where_a_damaged_row_says_from_which_on(workspace, birds, odd):
    with workspace.write() as db:
        grade(db, birds.id, "q1", 2)
        db.execute("UPDATE query SET grades_after = ? WHERE qid = 'q1'", [odd])
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id).get("q1", {}) in ({"d1": 2}, {})
        assert judgments.voices(db, birds.id, "q1") is not None
