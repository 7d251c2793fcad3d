"""The worker of a workspace, as the web process keeps it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from pages.ui import cache
from rerank_core.ranking import worker
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace

TABS = 6


class _Process:
    """Stands for a worker: `code` is None while it lives."""

    code: int | None = None

    def poll(self) -> int | None:
        return self.code


def test_many_tabs_at_once_start_one_worker_and_a_dead_one_is_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[_Process] = []

    def start(_space: Workspace) -> _Process:
        time.sleep(0.1)
        started.append(_Process())
        return started[-1]

    monkeypatch.setattr(worker, "start", start)
    keeper, together = cache._WorkerKeeper(workspace.path), Barrier(TABS)

    def tab(_number: int) -> None:
        together.wait()
        keeper.keep()

    with ThreadPoolExecutor(TABS) as threads:
        list(threads.map(tab, range(TABS)))
    assert len(started) == 1
    started[0].code = 1
    keeper.keep()
    assert len(started) == 2
    with workspace.open() as db:
        assert {job.kind for job in jobs.open_jobs(db)} == {"warm"}
