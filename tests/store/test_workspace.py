"""The workspace file: where it lies, how it comes to be, what a failed transaction leaves."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlite_utils import Database

from rerank_core.errors import RerankLensError, WorkspaceError
from rerank_core.store import datasets
from rerank_core.store.migrations import migrations
from rerank_core.store.workspace import Workspace, default_path
from rerank_core.types import Doc


def test_the_path_comes_from_the_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("RERANK_LENS_WORKSPACE", str(tmp_path / "mine.db"))
    assert default_path() == tmp_path / "mine.db"


def test_without_the_variable_it_lies_in_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("RERANK_LENS_WORKSPACE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "rerank-lens" / "workspace.db"


def test_opening_makes_the_folder_and_runs_each_migration_once(tmp_path):
    workspace = Workspace(tmp_path / "deep" / "workspace.db")
    for _ in range(2):
        with workspace.open() as db:
            assert [m.name for m in migrations.applied(db)] == [
                m.name for m in migrations.pending(Database(memory=True))
            ]
            assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
            assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_ten_threads_may_open_a_new_workspace_at_once(tmp_path):
    together = Barrier(10)

    def open_and_list(number: int) -> list:
        together.wait(20)
        with Workspace(tmp_path / f"{number // 10}.db").open() as db:
            return datasets.list_datasets(db)

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(open_and_list, range(100))) == [[]] * 100


def test_a_failed_transaction_leaves_nothing(workspace: Workspace):
    def fail() -> None:
        with workspace.write() as db:
            datasets.begin_dataset(db, "half", "tests")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM dataset").fetchone()[0] == 0


def test_a_file_that_is_not_a_workspace_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "notes.db"
    path.write_text("this is not a database, but long enough to be looked at " * 20)
    with pytest.raises(RerankLensError, match=r"notes\.db cannot be opened"), Workspace(path).open():
        pass


def test_a_copy_of_the_file_holds_everything(workspace: Workspace, birds, tmp_path):
    with workspace.open() as db, sqlite3.connect(tmp_path / "copy.db") as copy:
        db.conn.backup(copy)
    with Workspace(tmp_path / "copy.db").open() as db:
        assert datasets.get_dataset(db, "birds").fingerprint == birds.fingerprint


def test_a_full_disk_is_said_and_nothing_of_it_is_kept(workspace: Workspace, birds):
    def fill() -> None:
        with workspace.write() as db:
            db.execute("PRAGMA max_page_count = 1")  # as many as there are: SQLite then says what a full disk says
            datasets.add_docs(db, birds.id, [Doc(f"new{number}", "text " * 500) for number in range(500)])

    with pytest.raises(WorkspaceError, match="the disk is full"):
        fill()
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM doc").fetchone()[0] == birds.n_docs


def test_what_a_caller_has_to_handle_passes_as_it_is(workspace: Workspace, birds):
    with pytest.raises(sqlite3.IntegrityError), workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc("d1", "is there already")])
