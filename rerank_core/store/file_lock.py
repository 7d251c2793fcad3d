"""A lock that one process at a time holds, and that the system gives back when that process dies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_core.types import Progress

if TYPE_CHECKING:
    from rerank_core.store.workspace import Workspace


@contextmanager
def held(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file at `path`, made where it is missing, its folder too; it stays there afterwards.

    While somebody else has it, another thread of this process among them, `wait` is called again and again: it sleeps
    a little, and what it raises ends the waiting.
    """
    # here: it brings asyncio along, and most openings of a workspace take no lock
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, mode=0o600)
    while True:
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            wait()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def alone(workspace: Workspace, progress: Progress) -> Iterator[None]:
    """Hold the workspace's import lock; while another import has it, wait and let `progress` end the waiting."""

    def wait() -> None:
        progress(0, 0, "waiting for another import to end")
        time.sleep(0.1)

    with held(workspace.path.with_name(workspace.path.name + ".import.lock"), wait):
        yield
