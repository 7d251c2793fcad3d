"""The worker process: it holds the models and does the jobs, so that the web process never imports torch.

One worker serves a workspace; a second one waits for the lock and takes over when the first ends. It ends with the
process that started it. Jobs that a killed worker left running are put back and taken up again.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rerank_core.errors import CancelledError, RerankLensError
from rerank_core.store import jobs
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    from rerank_core.pipeline import Pipeline

POLL_SECONDS = 0.03
TELL_SECONDS = 0.15


def start(workspace: Workspace) -> subprocess.Popen[bytes]:
    """Start a worker for this workspace as a child of this process; its log lies beside the workspace's file."""
    workspace.path.parent.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).resolve().parent.parent)
    with _log_file(workspace).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "rerank_core.worker", str(workspace.path), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=root,
        )


def _log_file(workspace: Workspace) -> Path:
    return workspace.path.with_name(workspace.path.name + ".worker.log")


class Worker:
    """Takes jobs one after the other; between the steps of a long one it does the urgent ones."""

    def __init__(self, workspace: Workspace, parent: int, pipeline: Pipeline | None = None) -> None:
        self.workspace = workspace
        self._pipeline = pipeline
        self._parent = parent

    @property
    def pipeline(self) -> Pipeline:
        """Made when the first job needs it: torch and the libraries are imported then."""
        if self._pipeline is None:
            from rerank_core.pipeline import Pipeline

            self._pipeline = Pipeline(self.workspace)
        return self._pipeline

    @property
    def orphaned(self) -> bool:
        """Whether the process that started this one is gone."""
        return os.getppid() != self._parent

    def serve(self) -> None:
        """Take jobs until the parent is gone."""
        with self.workspace.open() as db:
            jobs.requeue_interrupted(db)
        while not self.orphaned:
            if not self.step():
                time.sleep(POLL_SECONDS)

    def step(self, urgent_only: bool = False) -> bool:
        """Do one waiting job; False where there is none."""
        with self.workspace.open() as db:
            if not jobs.any_waiting(db, urgent_only):
                return False
        with self.workspace.write() as db:
            job = jobs.take(db, urgent_only)
        if job is not None:
            self._do(job, nested=urgent_only)
        return job is not None

    def _do(self, job: Job, nested: bool) -> None:
        tell = _Tell(self, job, nested)
        state, message, result = "done", "", None
        try:
            from rerank_core.verbs import VERBS

            result = VERBS[job.kind](self.pipeline, job.params, tell)
        except CancelledError:
            state, message = "cancelled", "stopped; what was finished is kept"
        except RerankLensError as error:
            state, message = "failed", str(error)
        except Exception as error:
            traceback.print_exc()  # into the worker's log
            state, message = "failed", f"{type(error).__name__}; the worker's log has the details"
        with self.workspace.write() as db:
            jobs.finish(db, job.id, state, message, result)


class _Tell:
    """The Progress of a job: writes it to the job's row, looks for a stop, and lets urgent jobs in between."""

    def __init__(self, worker: Worker, job: Job, nested: bool) -> None:
        self._worker, self._job, self._nested, self._told = worker, job, nested, 0.0
        self._message = ""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        if not self._nested:
            while self._worker.step(urgent_only=True):
                pass
        if self._worker.orphaned:
            sys.exit(0)  # the job stays 'running' and is taken up again by the next worker
        # a new message may be the last one for a while: a slow step follows it
        if time.monotonic() - self._told < TELL_SECONDS and done < total and message == self._message:
            return
        self._told, self._message = time.monotonic(), message
        with self._worker.workspace.write() as db:
            stop = jobs.tell(db, self._job.id, done, total, message)
        if stop:
            raise CancelledError("stopped on request")


def main(path: str, parent: int) -> None:
    """Serve the workspace at `path` for the process `parent`; wait first while another worker does."""
    workspace = Workspace(path)
    workspace.path.parent.mkdir(parents=True, exist_ok=True)
    worker = Worker(workspace, parent)
    with workspace.path.with_name(workspace.path.name + ".worker.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if worker.orphaned:
                    return
                time.sleep(0.2)
        worker.serve()


if __name__ == "__main__":
    # the parent tells its id: asked here, it might be gone already, and its heir would be taken for it
    main(sys.argv[1], int(sys.argv[2]))
