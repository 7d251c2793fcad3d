"""A backup made while people grade holds a whole moment; a restore puts it back and loses neither of the two."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from rerank_core.errors import BadInputError, WorkspaceError
from rerank_core.store import backup, datasets, judgments
from rerank_core.store.backup import back_up, restore
from rerank_core.store.file_lock import held
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.migrations import COUNT
from rerank_core.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
GRADE = """
import sys
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
space, client, seq = Workspace(sys.argv[1]), sys.argv[2], 0
while True:
    seq += 1
    with space.write() as db:
        row = datasets.get_dataset(db, "birds")
        judgments.record(db, row.id, client, [GradeEvent(client, seq, "grade", "q1", "d1", seq % 4)], row.scale)
    print(seq, flush=True)
"""


def grade(workspace: Workspace, birds, seq: int, grade: int = 1) -> None:
    with workspace.write() as db:
        judgments.record(db, birds.id, "ann", [GradeEvent("c1", seq, "grade", "q1", "d1", grade)], birds.scale)


def seqs(path: Path, client: str = "c1") -> list[int]:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [seq for (seq,) in db.execute("SELECT seq FROM judgment WHERE client_id = ? ORDER BY id", [client])]


def test_backups_made_while_two_people_grade_hold_all_that_was_acknowledged_before_them(workspace, birds, tmp_path):
    graders = [
        subprocess.Popen(
            [sys.executable, "-c", GRADE, workspace.path, name], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for name in ("c1", "c2")
    ]
    acknowledged = {"c1": 0, "c2": 0}

    def listen(name: str, process: subprocess.Popen) -> None:
        for line in process.stdout:
            acknowledged[name] = int(line)

    listeners = [threading.Thread(target=listen, args=pair) for pair in zip(acknowledged, graders, strict=True)]
    try:
        for thread in listeners:
            thread.start()
        for number in range(5):
            known = sum(acknowledged.values())
            # both have begun, and went on since the last backup
            while min(acknowledged.values()) == 0 or sum(acknowledged.values()) < known + 10:
                assert all(process.poll() is None for process in graders)
            before = dict(acknowledged)
            back_up(workspace, tmp_path / f"{number}.db")
            for name, last in before.items():
                kept = seqs(tmp_path / f"{number}.db", name)
                assert kept == list(range(1, len(kept) + 1))
                assert len(kept) >= last > 0
    finally:
        for process in graders:
            process.kill()
            process.wait(10)
        for thread in listeners:
            thread.join(10)
        for process in graders:
            process.stdout.close()
    assert [len(seqs(workspace.path, name)) >= last for name, last in acknowledged.items()] == [True, True]


def test_a_backup_is_one_private_file_and_opens_as_a_workspace(workspace, birds, tmp_path):
    grade(workspace, birds, 1)
    back_up(workspace, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.glob("*copy.db*")] == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with Workspace(tmp_path / "copy.db").open() as db:
        assert judgments.qrels(db, datasets.get_dataset(db, "birds").id) == {"q1": {"d1": 1}}


def test_no_file_is_overwritten_unasked(workspace, birds, tmp_path):
    (tmp_path / "copy.db").write_text("something else")
    with pytest.raises(BadInputError, match="there already"):
        back_up(workspace, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "something else"
    back_up(workspace, tmp_path / "copy.db", overwrite=True)
    assert seqs(tmp_path / "copy.db") == []
    with pytest.raises(BadInputError, match="the workspace itself"):
        back_up(workspace, workspace.path, overwrite=True)
    with pytest.raises(WorkspaceError, match="no workspace"):
        back_up(Workspace(tmp_path / "none.db"), tmp_path / "other.db")
    assert not (tmp_path / "none.db").exists()


def test_a_restore_brings_the_backup_and_keeps_what_it_replaces(workspace, birds, tmp_path):
    grade(workspace, birds, 1)
    back_up(workspace, tmp_path / "copy.db")
    grade(workspace, birds, 2)
    kept = restore(workspace, tmp_path / "copy.db")
    assert (seqs(workspace.path), seqs(kept), seqs(tmp_path / "copy.db")) == ([1], [1, 2], [1])
    assert kept.parent == workspace.path.parent
    assert workspace.path.stat().st_mode & 0o777 == 0o600
    again = restore(workspace, kept)
    assert (seqs(workspace.path), seqs(again)) == ([1, 2], [1])
    assert not list(tmp_path.glob(".*.part*"))


def test_a_restore_makes_a_workspace_where_there_is_none(workspace, birds, tmp_path):
    grade(workspace, birds, 1)
    back_up(workspace, tmp_path / "copy.db")
    assert restore(Workspace(tmp_path / "new" / "ws.db"), tmp_path / "copy.db") is None
    assert seqs(tmp_path / "new" / "ws.db") == [1]


def test_while_somebody_has_it_open_nothing_is_restored(workspace, birds, tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "_PATIENCE", 0.1)
    back_up(workspace, tmp_path / "copy.db")
    grade(workspace, birds, 1)
    with workspace.open() as db:
        assert datasets.list_datasets(db)
        with pytest.raises(WorkspaceError, match="Stop that first"):
            restore(workspace, tmp_path / "copy.db")
    with (
        held(workspace.path.with_name(workspace.path.name + ".worker.lock"), lambda: None),
        pytest.raises(WorkspaceError, match="Stop that first"),
    ):
        restore(workspace, tmp_path / "copy.db")
    assert seqs(workspace.path) == [1]
    assert not list(tmp_path.glob("*replaced*"))


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 12] = os.urandom(4096 * 9)
    path.write_bytes(content)


def test_what_is_damaged_newer_or_nothing_of_ours_is_not_restored(workspace, birds, tmp_path):
    grade(workspace, birds, 1)
    for name in ("damaged.db", "newer.db", "foreign.db", "trigger.db"):
        back_up(workspace, tmp_path / name)
    damaged(tmp_path / "damaged.db")
    with closing(sqlite3.connect(tmp_path / "newer.db")) as db:
        db.execute(f"PRAGMA user_version = {COUNT + 1}")
    with closing(sqlite3.connect(tmp_path / "trigger.db")) as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON judgment BEGIN DELETE FROM judgment; END")
    (tmp_path / "foreign.db").unlink()
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as db:
        db.execute("CREATE TABLE notes (text)")
    (tmp_path / "text.db").write_text("Dear diary " * 1000)
    (tmp_path / "folder").mkdir()
    before = workspace.path.read_bytes()
    for name in ("damaged.db", "newer.db", "foreign.db", "trigger.db", "text.db", "folder"):
        with pytest.raises(WorkspaceError):
            restore(workspace, tmp_path / name)
    with pytest.raises(BadInputError, match="no such file"):
        restore(workspace, tmp_path / "none.db")
    assert seqs(workspace.path) == [1]
    assert len(workspace.path.read_bytes()) == len(before)
    assert not [path for path in tmp_path.iterdir() if "replaced" in path.name or path.name.endswith(".part")]


def test_a_damaged_workspace_gives_way_to_its_backup(workspace, birds, tmp_path):
    grade(workspace, birds, 1)
    back_up(workspace, tmp_path / "copy.db")
    damaged(workspace.path)
    kept = restore(workspace, tmp_path / "copy.db")
    assert seqs(workspace.path) == [1]
    assert kept.stat().st_size


def test_a_damaged_workspace_is_not_backed_up(workspace, birds, tmp_path):
    grade(workspace, birds, 1)
    back_up(workspace, tmp_path / "good.db")
    damaged(workspace.path)
    with pytest.raises(WorkspaceError):
        back_up(workspace, tmp_path / "good.db", overwrite=True)
    assert seqs(tmp_path / "good.db") == [1]
