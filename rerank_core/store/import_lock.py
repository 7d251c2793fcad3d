"""One import, or change of passages, at a time in a workspace, over all processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rerank_core.store.file_lock import held
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress


@contextmanager
def alone(workspace: Workspace, progress: Progress) -> Iterator[None]:
    """Hold the workspace's import lock; while another import has it, wait and let `progress` end the waiting."""

    def wait() -> None:
        progress(0, 0, "waiting for another import to end")
        time.sleep(0.1)

    with held(workspace.path.with_name(workspace.path.name + ".import.lock"), wait):
        yield
