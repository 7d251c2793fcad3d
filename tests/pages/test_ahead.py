"""What the server begins before anybody has come."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pages.ui import cache
from pages.ui.server import ahead, first_use
from rerank_core.ranking import worker
from rerank_core.rerankers.catalogue import extra_problem
from rerank_core.retrieval import language
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import Workspace

KEY = "RERANK_LENS_TEST_KEY"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """For each worker that was started, the key that it found in the environment."""
    found: list[str | None] = []

    class _Process:
        def poll(self) -> None:
            return None

    def start(_space: Workspace) -> Any:
        found.append(os.environ.get(KEY))
        return _Process()

    monkeypatch.setattr(worker, "start", start)
    monkeypatch.delenv(KEY, raising=False)
    return found


def test_a_worker_is_started_with_the_keys_and_asked_to_warm_up(
    workspace: Workspace, started: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "offer_secrets", lambda: monkeypatch.setenv(KEY, "k1"))
    monkeypatch.setenv("RERANK_LENS_WORKSPACE", str(workspace.path))
    extra_problem._misfit.cache_clear()
    ahead.begin(workspace)
    assert started == ["k1"]
    with workspace.open() as db:
        assert [job.kind for job in jobs.open_jobs(db)] == ["warm"]
        assert [row.name for row in datasets.list_datasets(db)] == [first_use.DEMO]
    assert extra_problem._misfit.cache_info().currsize > 0


def test_the_demo_comes_with_the_language_that_is_found_in_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_use.bring_demo(workspace)
    with workspace.open() as db:
        demo = datasets.get_dataset(db, first_use.DEMO)
    corpus = datasets.StoredCorpus(workspace, demo)
    kept = corpus.kept_language(language.found_by())
    assert kept == language.detect(doc.content for doc in corpus.sample(language.SAMPLE)) == "en"
    # so nobody reads what tells languages apart at the first start
    monkeypatch.setattr(language, "detect", lambda *_: pytest.fail("the language was looked for"))
    assert language.detect_corpus(corpus) == "en"


def test_no_worker_is_started_on_a_workspace_that_can_only_be_read(
    workspace: Workspace, started: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RERANK_LENS_WORKSPACE", str(workspace.path))
    monkeypatch.setattr(Workspace, "why_only_read", lambda self: "it is on a read-only disk")
    ahead.begin(workspace)
    assert started == []
    with workspace.open() as db:
        assert datasets.list_datasets(db) == []


def test_the_demo_is_brought_once_however_many_ask_and_whoever_comes_meanwhile_waits(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, keep = [], first_use.keep_shipped

    def slowly(space: Workspace, path: Path) -> int:
        assert first_use.is_first_use(space)  # the passages are there, and their vectors are not
        kept.append(keep(space, path))
        return kept[-1]

    monkeypatch.setattr(first_use, "keep_shipped", slowly)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(first_use.bring_demo, [workspace] * 4))
    assert kept == [516]
    assert not first_use.is_first_use(workspace)
    with workspace.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == [first_use.DEMO]
