"""What the server begins before anybody has come."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pages.ui import cache
from pages.ui.server import ahead
from rerank_core.ranking import worker
from rerank_core.rerankers.catalogue import extra_problem
from rerank_core.retrieval import language
from rerank_core.store import jobs
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
    language._loaded_identifier.cache_clear()
    extra_problem._misfit.cache_clear()
    ahead.begin(workspace)
    assert started == ["k1"]
    with workspace.open() as db:
        assert [job.kind for job in jobs.open_jobs(db)] == ["warm"]
    assert language._loaded_identifier.cache_info().currsize == 1
    assert extra_problem._misfit.cache_info().currsize > 0


def test_what_was_read_ahead_is_what_a_page_reads() -> None:
    language._loaded_identifier.cache_clear()
    language.load()
    assert language.detect(["The otter sleeps on its back, holding hands."] * 3) == "en"
    assert language._loaded_identifier.cache_info().misses == 1


def test_no_worker_is_started_on_a_workspace_that_can_only_be_read(
    workspace: Workspace, started: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RERANK_LENS_WORKSPACE", str(workspace.path))
    monkeypatch.setattr(Workspace, "why_only_read", lambda self: "it is on a read-only disk")
    ahead.begin(workspace)
    assert started == []
