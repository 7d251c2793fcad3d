"""Whatever lies where the workspace should: one clear line and an exit code, no traceback, and nothing is changed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from rerank_core.__main__ import main
from rerank_core.store import datasets
from rerank_core.store.migrations import COUNT
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def call(capsys):
    def run(path, *words):
        code = main(["--workspace", str(path), *map(str, words)])
        return code, capsys.readouterr()

    return run


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE notes (text)")


def newer(path: Path) -> None:
    with Workspace(path).write() as db:
        db.execute(f"PRAGMA user_version = {COUNT + 87}")


def unknown_migration(path: Path) -> None:
    with Workspace(path).write() as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('rerank_lens', '099_x', 'now')"
        )


def trigger(path: Path) -> None:
    with Workspace(path).write() as db:
        db.execute("CREATE TRIGGER gone AFTER INSERT ON judgment BEGIN DELETE FROM judgment WHERE id < new.id; END")


def view(path: Path) -> None:
    with Workspace(path).write() as db:
        db.execute("CREATE VIEW everything AS SELECT * FROM doc")


def without_a_table(path: Path) -> None:
    with Workspace(path).write() as db:
        db.execute("DROP TABLE dataset")


def corrupt(path: Path) -> None:
    with Workspace(path).write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        datasets.add_docs(db, dataset_id, [Doc(f"d{number}", "text " * 200) for number in range(200)])
        datasets.finish_dataset(db, dataset_id, {})
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)


CASES = {
    "another program's": (foreign, "the database of another program"),
    "newer": (newer, "newer version"),
    "unknown migration": (unknown_migration, "099_x"),
    "trigger": (trigger, "the trigger 'gone'"),
    "view": (view, "the view 'everything'"),
    "without a table": (without_a_table, "no such table"),
    "corrupt": (corrupt, "ws.db"),
    "text": (lambda path: path.write_text("Dear diary, " * 1000), "not a database"),
    "folder": (lambda path: path.mkdir(), "it is a folder"),
    "FIFO": (os.mkfifo, "not a regular file"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_workspace_is_refused_in_words(call, tmp_path, name):
    make, words = CASES[name]
    path = tmp_path / "ws.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for verb in (("datasets",), ("systems",), ("export", "qrels", tmp_path / "out.txt", "--dataset", "birds")):
        code, out = call(path, *verb)
        if name == "without a table" and verb == ("systems",):
            continue
        assert (code, out.out) == (4, ""), (verb, out)
        assert words in out.err
        assert out.err.startswith("error: ")
        assert out.err.count("\n") == 1
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize("path", [":memory:", "/dev/null", "/dev/zero", "/proc/version/ws.db", "x" * 5000, "a\0b"])
def test_a_path_that_can_hold_no_workspace_is_refused_in_words(call, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out = call(path, "datasets")
    assert code in (2, 4)
    assert out.err.startswith("error: ")
    assert "Traceback" not in out.err
    assert list(tmp_path.iterdir()) == []


def test_a_user_that_there_is_not_is_no_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RERANK_LENS_WORKSPACE", "~nosuchuser-at-all/ws.db")
    assert main(["datasets"]) == 0
    assert (tmp_path / "~nosuchuser-at-all" / "ws.db").exists()


def test_the_files_are_their_owners_alone_also_those_from_before(call, tmp_path):
    path = tmp_path / "made" / "ws.db"
    previous = os.umask(0o022)
    try:
        assert call(path, "datasets")[0] == 0
        with Workspace(path).open() as db:
            assert datasets.list_datasets(db) == []
            assert {part.name: oct(part.stat().st_mode & 0o077) for part in path.parent.iterdir()} == {
                part.name: "0o0" for part in path.parent.iterdir()
            }
        assert path.parent.stat().st_mode & 0o777 == 0o700
        older = tmp_path / "ws.db"
        for name in ("ws.db.index", "ws.db.uploads"):
            (tmp_path / name).mkdir(mode=0o755)
        (tmp_path / "ws.db.worker.log").touch(0o644)
        older.write_bytes(path.read_bytes())
        assert call(older, "datasets")[0] == 0
        assert not [part for part in tmp_path.glob("ws.db*") if part.stat().st_mode & 0o077]
    finally:
        os.umask(previous)


AS_NOBODY = """
import os, sys
from pathlib import Path
from rerank_core.__main__ import main
path = sys.argv[1]
from rerank_core.shell import verbs
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
where = ["--workspace", path]
print(main([*where, "datasets"]))
print(main([*where, "export", "beir", sys.argv[2] + "/out", "--dataset", "birds"]))
print(main([*where, "import-queries", "birds", sys.argv[2] + "/queries.txt"]))
print(main([*where, "backup", sys.argv[2] + "/backup.db"]))
print(sorted(os.listdir(os.path.dirname(path))))
"""


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_workspace_that_can_only_be_read_is_listed_exported_and_copied_but_not_written(birds, workspace, journal):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        shelf, desk = Path(folder) / "shelf", Path(folder) / "desk"
        shelf.mkdir()
        desk.mkdir(mode=0o777)
        desk.chmod(0o777)
        (desk / "queries.txt").write_text("who eats fish\n")
        path = shelf / "ws.db"
        with workspace.open() as db, closing(sqlite3.connect(path)) as copy:
            db.conn.backup(copy)
            copy.execute(f"PRAGMA journal_mode = {journal}")
        before = path.read_bytes()
        path.chmod(0o444)
        shelf.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, path, desk], cwd=ROOT, capture_output=True, text=True, check=False
        )
        shelf.chmod(0o755)
        codes = [line for line in done.stdout.splitlines() if line.isdigit()]
        assert codes == ["0", "0", "4", "0"], done.stdout + done.stderr
        assert "can only be read" in done.stderr
        assert "Traceback" not in done.stderr
        assert "['ws.db']" in done.stdout
        assert path.read_bytes() == before
        assert (desk / "out" / "corpus.jsonl").exists()
        assert (desk / "backup.db").exists()


def test_backup_and_restore_by_their_verbs(call, workspace, birds, tmp_path):
    assert call(workspace.path, "backup", tmp_path / "copy.db")[0] == 0
    code, out = call(workspace.path, "backup", tmp_path / "copy.db")
    assert (code, "--force" in out.err) == (4, True)
    assert call(workspace.path, "backup", tmp_path / "copy.db", "--force", "--json")[0] == 0
    code, out = call(workspace.path, "restore", tmp_path / "copy.db")
    assert code == 0
    assert "replaced" in out.out
    assert len(list(tmp_path.glob("workspace.db.replaced-*"))) == 1
