"""A workspace of the version before judging keeps every label, under its id."""

from __future__ import annotations

import sqlite3

import pytest
from sqlite_utils import Database

from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.migrations import COUNT, migrations
from rerank_core.store.workspace import Workspace

# id, judge, kind, grade, undoes, restores, source, seq: ids with gaps, an undo that brings another row back
ROWS = [
    (3, "qrels", "grade", 0, None, None, "import", None),
    (7, "ann", "grade", 1, None, None, "human", 1),
    (8, "ann", "grade", 2, None, None, "human", 2),
    (12, "ann", "undo", 1, 8, 7, "human", 3),
]


@pytest.fixture
def old_workspace(tmp_path) -> Workspace:
    """A file as the migrations up to 007 made it, with labels."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = ON")
    db = Database(connection)
    migrations.apply(db, stop_before="008_judging")
    connection.execute("PRAGMA user_version = 7")
    connection.execute(
        """INSERT INTO dataset (id, name, state, created_at, scale, fingerprint) VALUES
           (5, 'birds', 'ready', '2025-01-01', '{"0": "no", "1": "somewhat", "2": "yes"}', 'f')"""
    )
    connection.execute(
        "INSERT INTO doc (dataset_id, docid, title, text, metadata, text_hash) VALUES (5, 'd1', '', 't', '{}', 'hash')"
    )
    connection.executemany(
        """INSERT INTO judgment (id, judge, kind, grade, undoes, restores, source, seq, client_id, dataset_id, qid,
           docid, note, at, text_hash)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'c1', 5, 'q1', 'd1', 'why', '2025-01-02', 'h')""",
        ROWS,
    )
    connection.commit()
    connection.close()
    return Workspace(path)


def test_every_row_keeps_its_id_and_its_values(old_workspace):
    with sqlite3.connect(old_workspace.path) as before:
        old = before.execute("SELECT * FROM judgment ORDER BY id").fetchall()
        names = [column[1] for column in before.execute("PRAGMA table_info(judgment)")]
    before.close()
    with old_workspace.open() as db:
        assert db.execute(f"SELECT {', '.join(names)} FROM judgment ORDER BY id").fetchall() == old
        assert [row["id"] for row in judgments.history(db, 5)] == [row[0] for row in ROWS]
        assert {row["rule"] for row in judgments.history(db, 5)} == {""}
        assert db.execute("PRAGMA user_version").fetchone()[0] == COUNT


def test_the_references_between_rows_still_hold(old_workspace):
    with old_workspace.open() as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        with pytest.raises(sqlite3.IntegrityError):
            db.conn.execute("UPDATE judgment SET undoes = 99 WHERE id = 12")


def test_grading_goes_on_where_it_was(old_workspace):
    with old_workspace.write() as db:
        assert judgments.qrels(db, 5) == {"q1": {"d1": 1}}
        again = GradeEvent("c1", 2, "grade", "q1", "d1", 0)
        new = [
            GradeEvent("c1", 4, "skip", "q1", "d1"),
            GradeEvent("c1", 5, "undo", ""),
            GradeEvent("c1", 6, "undo", ""),
        ]
        judgments.record(db, 5, "ann", [again, *new], (0, 1, 2))
        assert judgments.qrels(db, 5) == {"q1": {"d1": 0}}
        assert [row["undoes"] for row in judgments.history(db, 5)] == [None, None, None, 8, None, 13, 7]


def test_deleting_the_dataset_still_takes_its_labels_along(old_workspace):
    with old_workspace.open() as db:
        db.execute("DELETE FROM dataset WHERE id = 5")
        assert db.execute("SELECT count(*) FROM judgment").fetchone()[0] == 0
