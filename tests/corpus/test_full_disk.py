"""A disk that fills up in the middle: one clear error, nothing half done, and the dataset beside it as it was."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path

import pytest

from rerank_core.corpus import full_disk
from rerank_core.corpus.changes import update_passages
from rerank_core.corpus.ingest import import_dataset
from rerank_core.errors import RerankLensError
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace


class SmallWorkspace(Workspace):
    """A workspace whose file SQLite refuses to let grow beyond some pages, as on a full disk."""

    pages = 400

    @contextmanager
    def open(self):
        with super().open() as db:
            db.execute(f"PRAGMA max_page_count = {self.pages}")
            yield db


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    workspace = SmallWorkspace(tmp_path / "small.db")
    import_dataset(workspace, "birds", _docs(tmp_path, 10))
    return workspace


def _docs(folder: Path, count: int) -> Path:
    path = folder / f"docs{count}.jsonl"
    path.write_text("".join(f'{{"id": "d{n}", "text": "{"owl " * 100}{n}"}}\n' for n in range(count)))
    return path


def _state(workspace: Workspace) -> tuple[list[str], int]:
    with workspace.open() as db:
        names = [name for (name,) in db.execute("SELECT name FROM dataset")]
        return names, db.execute("SELECT count(*) FROM doc").fetchone()[0]


def test_an_import_leaves_no_hidden_dataset(small: Workspace, tmp_path: Path):
    with pytest.raises(RerankLensError, match=r"the disk is full.*Make room"):
        import_dataset(small, "more", _docs(tmp_path, 9_000))
    assert _state(small) == (["birds"], 10)


def test_a_change_changes_nothing(small: Workspace, tmp_path: Path):
    with small.open() as db:
        before = datasets.get_dataset(db, "birds")
    with pytest.raises(RerankLensError, match="the disk is full"):
        update_passages(small, "birds", _docs(tmp_path, 9_000))
    with small.open() as db:
        assert datasets.get_dataset(db, "birds") == before
    assert _state(small) == (["birds"], 10)


def test_an_import_does_not_begin_where_there_is_no_room_to_undo_it(workspace, tmp_path: Path, monkeypatch):
    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(full_disk.os, "fsync", no_room)
    with pytest.raises(RerankLensError, match="The disk is full"):
        import_dataset(workspace, "x", _docs(tmp_path, 3))
    assert _state(workspace) == ([], 0)
    assert not list(workspace.path.parent.glob("*.spare"))
