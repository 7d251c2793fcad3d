"""The progress of a job in its row, where the pages see it and a stop is found."""

from __future__ import annotations

import time

from rerank_core.errors import CancelledError
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace

TELL_SECONDS = 0.15


class JobProgress:
    """A Progress that writes to the job's row; raises CancelledError where somebody asked to stop."""

    def __init__(self, workspace: Workspace, job_id: int) -> None:
        self._workspace, self._job, self._told, self._message = workspace, job_id, 0.0, ""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Tell; not more often than people can see."""
        # a new message may be the last one for a while: a slow step follows it
        if time.monotonic() - self._told < TELL_SECONDS and done < total and message == self._message:
            return
        self._told, self._message = time.monotonic(), message
        with self._workspace.write() as db:
            stop = jobs.tell(db, self._job, done, total, message)
        if stop:
            raise CancelledError("stopped on request")
