"""The worker process: it holds the models and does the jobs, so that the web process never imports torch.

One worker serves a workspace; a second one waits for the lock and takes over when the first ends. It ends with the
process that started it. Jobs that a killed worker left running are put back and taken up again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from rerank_core.errors import CancelledError, RerankLensError, WorkspaceError
from rerank_core.ranking.turns import Turns
from rerank_core.store import jobs
from rerank_core.store.file_lock import held
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    from rerank_core.ranking.pipeline import Pipeline

POLL_SECONDS = 0.03
AWAY_SECONDS = 1.0
URGENT_AT_ONCE = 4
"""So many people's queries are worked on side by side."""
TELL_SECONDS = 0.15


def start(workspace: Workspace) -> subprocess.Popen[bytes]:
    """Start a worker for this workspace as a child of this process; its log lies beside the workspace's file."""
    workspace.path.parent.mkdir(parents=True, exist_ok=True)
    # by the path and not by the folder to run in, so that a path that the user typed means the same here and there
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    with _log_file(workspace).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "rerank_core.ranking.worker", str(workspace.path), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": paths},
        )


def _log_file(workspace: Workspace) -> Path:
    return workspace.path.with_name(workspace.path.name + ".worker.log")


class Worker:
    """Does one ordinary job at a time, and beside it some urgent ones, which take turns: see `Turns`."""

    def __init__(self, workspace: Workspace, parent: int, pipeline: Pipeline | None = None) -> None:
        self.workspace = workspace
        self._pipeline = pipeline
        self._making = Lock()
        self._parent = parent
        self.turns = Turns()

    @property
    def pipeline(self) -> Pipeline:
        """Made when the first job needs it: torch and the libraries are imported then."""
        with self._making:
            if self._pipeline is None:
                from rerank_core.ranking.pipeline import Pipeline

                self._pipeline = Pipeline(self.workspace)
            return self._pipeline

    @property
    def orphaned(self) -> bool:
        """Whether the process that started this one is gone."""
        return os.getppid() != self._parent

    def serve(self) -> None:
        """Take jobs until the parent is gone; those that still run then are left to the next worker."""
        with self.workspace.open() as db:
            jobs.requeue_interrupted(db)
        pool = ThreadPoolExecutor(URGENT_AT_ONCE + 1, "job")
        running: dict[Future[None], bool] = {}
        while not self.orphaned:
            running = {one: urgent for one, urgent in running.items() if not one.done()}
            busy = list(running.values())
            try:
                job = self._next(urgent_only=False in busy) if busy.count(True) < URGENT_AT_ONCE else None
            except WorkspaceError:  # the file is away: the pages say so, and the work goes on when it is back
                time.sleep(AWAY_SECONDS)
                continue
            if job is None:
                time.sleep(POLL_SECONDS)
            else:
                running[pool.submit(self._do, job)] = job.urgent
        pool.shutdown(wait=False, cancel_futures=True)

    def step(self) -> bool:
        """Do one waiting job here and now; False where there is none."""
        job = self._next()
        if job is not None:
            self._do(job)
        return job is not None

    def _next(self, urgent_only: bool = False) -> Job | None:
        with self.workspace.open() as db:
            if not jobs.any_waiting(db, urgent_only):
                return None
        with self.workspace.write() as db:
            return jobs.take(db, urgent_only)

    def _do(self, job: Job) -> None:
        tell = _Tell(self, job)
        state, message, result = "done", "", None
        try:
            with self.turns.job(job.urgent):
                from rerank_core.ranking.jobs import JOBS

                result = JOBS[job.kind](self.pipeline, job.params, tell)
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

    def __init__(self, worker: Worker, job: Job) -> None:
        self._worker, self._job, self._told = worker, job, 0.0
        self._message = ""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        self._worker.turns.give_way(self._job.urgent)
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
    workspace = Workspace(path, create=False)
    worker = Worker(workspace, parent)

    def wait() -> None:
        if worker.orphaned:
            sys.exit(0)
        time.sleep(0.2)

    with held(workspace.path.with_name(workspace.path.name + ".worker.lock"), wait):
        worker.serve()
        os._exit(0)  # a job that is in the middle of a model's work is not waited for


if __name__ == "__main__":
    # the parent tells its id: asked here, it might be gone already, and its heir would be taken for it
    main(sys.argv[1], int(sys.argv[2]))
