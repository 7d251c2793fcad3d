"""The progress of a job in its row, where the pages see it and a stop is found."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from rerank_core.errors import CancelledError, WorkspaceError
from rerank_core.ranking.timing.pace import Pace
from rerank_core.store import jobs
from rerank_core.store.jobs import WORKING
from rerank_core.store.workspace import Workspace

TELL_SECONDS = 0.15


def _working() -> str:
    return WORKING


class JobProgress:
    """A Progress that writes to the job's row; raises CancelledError where somebody asked to stop."""

    def __init__(self, workspace: Workspace, job_id: int, doing: Callable[[], str] = _working) -> None:
        """`doing`: what the job does just now, one of `jobs.DOING`."""
        self._workspace, self._job, self._doing = workspace, job_id, doing
        self._told, self._said = 0.0, ("", WORKING)
        self._pace = Pace()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Tell; not more often than people can see."""
        left = self._pace.seconds_left(done, total)
        said = (message, self._doing())
        # a new message may be the last one for a while: a slow step follows it
        if time.monotonic() - self._told < TELL_SECONDS and done < total and said == self._said:
            return
        self._told, self._said = time.monotonic(), said
        with self._workspace.write() as db:
            stop = jobs.tell(db, self._job, done, total, message, said[1], left)
        if stop:
            raise CancelledError("stopped on request")

    def stand(self, stands: bool) -> None:
        """Tell that the job waits for its turn, or that this is over: such time says nothing of its pace."""
        self._pace.stand(stands)
        stop = False
        if stands:
            with suppress(WorkspaceError), self._workspace.write() as db:  # what stands still can wait for its file too
                stop = jobs.stand(db, self._job)
        if stop:
            raise CancelledError("stopped on request")
