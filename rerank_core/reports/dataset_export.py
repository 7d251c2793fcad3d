"""A dataset as files that import again as it was: passages, queries, the scale, grades with all of their history."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from rerank_core.corpus.formats.own_export import FILES, About, write_own_export
from rerank_core.errors import BadInputError
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.scales import get_scale
from rerank_core.store.workspace import Workspace


def export_dataset(workspace: Workspace, name: str, path: Path) -> None:
    """Write a dataset into a new folder at `path`, or into a zip archive where that ends in .zip.

    Raises NotFoundError, and BadInputError where something lies at `path` already.
    """
    if path.exists() and (path.is_file() or any(path.iterdir())):
        raise BadInputError(path, None, "something lies there already", "a new folder, or a new .zip file")
    if path.suffix.lower() != ".zip":
        _write(workspace, name, path)
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as room:
        _write(workspace, name, Path(room))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in FILES:
                if (Path(room) / file).exists():
                    archive.write(Path(room) / file, file)


def packed_dataset(workspace: Workspace, name: str) -> bytes:
    """The zip archive of `export_dataset`. Raises NotFoundError."""
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "dataset.zip"
        export_dataset(workspace, name, path)
        return path.read_bytes()


def _write(workspace: Workspace, name: str, folder: Path) -> None:
    with workspace.open() as db:
        db.conn.execute("BEGIN")  # one moment, also while people grade
        dataset = datasets.get_dataset(db, name)
        queries, qrels = datasets.get_queries(db, dataset.id), judgments.qrels(db, dataset.id)
        history = judgments.history(db, dataset.id)
        guidelines = {step.grade: step.guideline for step in get_scale(db, dataset.id) if step.guideline}
    docs = StoredCorpus(workspace, dataset).docs()
    write_own_export(folder, About(dataset.name, dataset.scale, guidelines), docs, queries, qrels, history)
