"""A lock that one process at a time holds, and that the system gives back when that process dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress


@contextmanager
def held(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file at `path`, made where it is missing, its folder too.

    While another process has it, `wait` is called again and again: it sleeps a little, and what it raises ends the
    waiting.
    """
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                wait()
        yield


@contextmanager
def alone(workspace: Workspace, progress: Progress) -> Iterator[None]:
    """Hold the workspace's import lock; while another import has it, wait and let `progress` end the waiting."""

    def wait() -> None:
        progress(0, 0, "waiting for another import to end")
        time.sleep(0.1)

    with held(workspace.path.with_name(workspace.path.name + ".import.lock"), wait):
        yield
