"""SIGKILL inside an index build: what stands there is whole or counts for nothing, and the next build gives the same.

Kills fall between file operations, SQL statements and reports of the build. RERANK_LENS_KILLS: how many of each.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rerank_core.corpus.changes import update_passages
from rerank_core.corpus.ingest import import_dataset
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.index import needs_build
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import no_progress
from tests.support.deaths import Deaths, moments
from tests.support.works import SETTINGS, LetterCounter, indexed

PASSAGES = 2_400  # more than LEAST_ROWS of retrieval/index.py: a change of few of them shares the files of the base
QUERIES = ("tern number 7", "dives near the coast 2399", "gull")


@pytest.fixture(scope="module")
def deaths() -> Iterator[Deaths]:
    with Deaths() as process:
        yield process


def passages(path: Path, word: str, numbers: range) -> Path:
    rows = (f'{{"_id": "d{n}", "text": "{word} number {n} dives near the coast"}}\n' for n in numbers)
    path.write_text("".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def made(workspace: Workspace, tmp_path: Path) -> Workspace:
    import_dataset(workspace, "made", passages(tmp_path / "made.jsonl", "tern", range(PASSAGES)))
    return workspace


def copied(space: Workspace, folder: Path) -> Workspace:
    folder.mkdir()
    path = shutil.copyfile(space.path, folder / "workspace.db")
    if space.index_folder.exists():
        shutil.copytree(space.index_folder, Workspace(path).index_folder)
    return Workspace(path)


def is_missing(space: Workspace, retriever: str) -> bool:
    with space.open() as db:
        fingerprint = datasets.get_dataset(db, "made").fingerprint
    encoder = LetterCounter() if retriever == "dense" else None
    return bool(needs_build(space.index_folder, fingerprint, SETTINGS[retriever], encoder))


def found(index: HybridRetriever, retriever: str) -> list[list[tuple[str, float | None]]]:
    rankings = [index.retrieve("q", query, SETTINGS[retriever]) for query in QUERIES]
    return [[(doc.docid, doc.score) for doc in ranking.docs] for ranking in rankings]


@pytest.mark.parametrize("how", ["built", "derived"])
@pytest.mark.parametrize("retriever", ["bm25", "dense"])
def test_a_killed_build_leaves_a_whole_index_or_none(
    deaths: Deaths, made: Workspace, tmp_path: Path, retriever: str, how: str
) -> None:
    if how == "derived":  # few passages changed, so that the files of the index before are shared
        indexed(str(made.path), retriever, no_progress)
        update_passages(made, "made", passages(tmp_path / "more.jsonl", "gull", range(PASSAGES - 20, PASSAGES + 20)))
    with made.open() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    whole = copied(made, tmp_path / "whole")
    steps = deaths.steps_of("index", str(whole.path), retriever)
    expected = found(indexed(str(whole.path), retriever, no_progress), retriever)
    missing = 0
    for step in moments(steps):
        space = copied(made, tmp_path / f"killed{step}")
        deaths.kill("index", step, str(space.path), retriever)
        missing += is_missing(space, retriever)
        assert found(indexed(str(space.path), retriever, no_progress), retriever) == expected
        assert not is_missing(space, retriever)
        assert not list(space.index_folder.rglob(".unfinished-*"))
        with space.open() as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    # else no kill would have come before its end
    assert missing
