"""A process keeps to the file that it opened first: no other one is read, written or made in its place."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rerank_core.errors import WorkspaceError
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace

ENDINGS = ("", "-wal", "-shm")


def move(source: Path, target: Path) -> None:
    """A workspace's file with all that SQLite keeps beside it."""
    for ending in ENDINGS:
        if (part := Path(f"{source}{ending}")).exists():
            part.rename(f"{target}{ending}")


def add(workspace: Workspace, name: str) -> None:
    with workspace.write() as db:
        datasets.begin_dataset(db, name, "tests")


def names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [name for (name,) in db.execute("SELECT name FROM dataset ORDER BY id")]


def identity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT id FROM identity").fetchone()[0]


def test_each_workspace_has_an_id_of_its_own_and_keeps_it(tmp_path):
    for name in ("one.db", "other.db"):
        add(Workspace(tmp_path / name), "birds")
    ids = [identity(tmp_path / name) for name in ("one.db", "other.db")]
    assert len(set(ids)) == 2
    assert all(len(one) == 32 for one in ids)
    add(Workspace(tmp_path / "one.db"), "more")
    assert identity(tmp_path / "one.db") == ids[0]


def test_a_file_that_went_away_is_not_made_anew_and_is_served_again_once_it_is_back(workspace, tmp_path):
    add(workspace, "birds")
    move(workspace.path, tmp_path / "elsewhere.db")
    for use in (workspace.open, workspace.write, Workspace(workspace.path).open):
        with pytest.raises(WorkspaceError, match="not where it was"), use():
            pass
    assert not workspace.path.exists()
    move(tmp_path / "elsewhere.db", workspace.path)
    add(workspace, "fish")
    assert names(workspace.path) == ["birds", "fish"]


def test_another_workspace_in_its_place_is_neither_read_nor_written(workspace, tmp_path):
    add(workspace, "birds")
    other = tmp_path / "other.db"
    add(Workspace(other), "fish")
    move(workspace.path, tmp_path / "elsewhere.db")
    move(other, workspace.path)
    for use in (workspace.open, workspace.write):
        with pytest.raises(WorkspaceError, match="another file lies"), use():
            pass
    assert names(workspace.path) == ["fish"]


def test_another_workspace_written_over_it_is_known_by_its_id(workspace, tmp_path):
    add(workspace, "birds")
    other = Workspace(tmp_path / "other.db")
    add(other, "fish")
    inode = workspace.path.stat().st_ino
    shutil.copyfile(other.path, workspace.path)
    assert workspace.path.stat().st_ino == inode
    with pytest.raises(WorkspaceError, match="another workspace lies"), workspace.open():
        pass


def test_a_copy_of_the_same_workspace_is_served_by_the_next_process_only(workspace, tmp_path):
    add(workspace, "birds")
    shutil.copyfile(workspace.path, tmp_path / "backup.db")
    move(workspace.path, tmp_path / "elsewhere.db")
    shutil.copyfile(tmp_path / "backup.db", workspace.path)
    with pytest.raises(WorkspaceError, match="start it again"), workspace.open():
        pass
    code = "import sys; from rerank_core.store.workspace import Workspace\nwith Workspace(sys.argv[1]).open(): pass"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code, workspace.path], cwd=root, check=False).returncode == 0


def test_what_is_written_while_the_file_moves_away_is_not_called_kept(workspace, tmp_path):
    add(workspace, "birds")

    def write_and_move() -> None:
        with workspace.write() as db:
            datasets.begin_dataset(db, "late", "tests")
            move(workspace.path, tmp_path / "elsewhere.db")

    with pytest.raises(WorkspaceError, match="not where it was"):
        write_and_move()


def test_where_none_is_to_be_made_none_is(tmp_path):
    with (
        pytest.raises(WorkspaceError, match="There is no workspace"),
        Workspace(tmp_path / "no.db", create=False).open(),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_log_of_a_file_put_in_its_place_outlives_the_last_connection_to_the_old_one(workspace, tmp_path):
    """SQLite removes a log by its name when the last connection closes, and has to see whose log that is by then."""
    other = Workspace(tmp_path / "other.db")
    with other.open() as held:
        add(other, "fish")  # lies in the log
        assert held.execute("SELECT 1").fetchone()
        for ending in ("", "-wal"):
            shutil.copyfile(f"{other.path}{ending}", f"{tmp_path / 'copied.db'}{ending}")
    with workspace.open() as db:
        add(workspace, "birds")
        assert datasets.list_datasets(db) == []
        move(workspace.path, tmp_path / "elsewhere.db")
        move(tmp_path / "copied.db", workspace.path)
    assert names(workspace.path) == ["fish"]
