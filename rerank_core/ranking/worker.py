"""The worker process: it holds the models and does the jobs, so that the web process never imports torch.

One worker serves a workspace; a second one waits for the lock and takes over when the first ends. It ends with the
process that started it. Jobs that a killed worker left running are put back and taken up again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rerank_core.errors import CancelledError, RerankLensError, WorkspaceError
from rerank_core.ranking import own_process
from rerank_core.ranking.job_progress import JobProgress
from rerank_core.ranking.turns import Turn, Turns
from rerank_core.store import jobs
from rerank_core.store.file_lock import held
from rerank_core.store.jobs import FILES, LANES, NETWORK, PREPARING, URGENT, WORKING, Job
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    from rerank_core.ranking.pipeline import Pipeline
    from rerank_core.ranking.timing.when_idle import WhenIdle

POLL_SECONDS = 0.03
AWAY_SECONDS = 1.0
FIRST_REST = 10.0  # seconds without a job, before anything is read for what is done when there is none
URGENT_AT_ONCE = 4
"""So many people's queries are worked on side by side; those that wait for an index are not counted."""
MOST_AT_ONCE = 24
_BEHIND = 10
"""How far the worker stands behind the web process for the processor: a page and a grade take little, and somebody
waits for them. What is left, models have."""


def start(workspace: Workspace) -> subprocess.Popen[bytes]:
    """Start a worker for this workspace as a child of this process; its log lies beside the workspace's file."""
    workspace.path.parent.mkdir(parents=True, exist_ok=True)
    _log_file(workspace).touch(mode=0o600)  # what it says may quote the workspace
    with _log_file(workspace).open("ab") as log:
        return subprocess.Popen(
            own_process.command("rerank_core.ranking.worker", str(workspace.path), str(os.getpid())),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=own_process.environment(),
        )


def _log_file(workspace: Workspace) -> Path:
    return workspace.path.with_name(workspace.path.name + ".worker.log")


class Worker:
    """Does one job of each lane at a time, and some urgent ones; those that need the models take turns: see `Turns`."""

    def __init__(self, workspace: Workspace, parent: int, pipeline: Pipeline | None = None) -> None:
        self.workspace = workspace
        self._pipeline = pipeline
        self._making = Lock()
        self._parent = parent
        self.turns = Turns()
        self._rests = 0
        self._when_idle: WhenIdle | None = None

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
        try:
            self._take_jobs()
        finally:
            with self.workspace.write() as db:
                jobs.give_back(db)

    def _take_jobs(self) -> None:
        pool = ThreadPoolExecutor(MOST_AT_ONCE, "job")
        running: dict[Future[None], Job] = {}
        while not self.orphaned:
            running = {one: job for one, job in running.items() if not one.done()}
            try:
                job = self._next(self._free_lanes(running.values()))
            except WorkspaceError:  # the file is away: the pages say so, and the work goes on when it is back
                time.sleep(AWAY_SECONDS)
                continue
            if job is None:
                if not running:
                    self._rest()
                time.sleep(POLL_SECONDS)
            else:
                self._rests = 0
                if self._when_idle is not None:
                    self._when_idle.work()
                running[pool.submit(self._do, job)] = job
        pool.shutdown(wait=False, cancel_futures=True)

    def _rest(self) -> None:
        self._rests += 1
        if self._rests * POLL_SECONDS < FIRST_REST:
            return
        if self._when_idle is None:
            from rerank_core.ranking.timing.when_idle import WhenIdle

            self._when_idle = WhenIdle(self.workspace)
        with suppress(WorkspaceError):  # the file is away, or only read: it is nobody's wish, so nobody is told
            self._when_idle.rest()

    def _free_lanes(self, running: Collection[Job]) -> list[str]:
        if len(running) >= MOST_AT_ONCE:
            return []
        busy = [job.lane for job in running]
        people = busy.count(URGENT) - self.turns.preparing
        return [lane for lane in LANES if (people < URGENT_AT_ONCE if lane == URGENT else lane not in busy)]

    def step(self) -> bool:
        """Do one waiting job here and now; False where there is none."""
        job = self._next()
        if job is not None:
            self._do(job)
        return job is not None

    def _next(self, lanes: Collection[str] = LANES) -> Job | None:
        with self.workspace.open() as db:
            if not jobs.any_waiting(db, lanes):
                return None
        with self.workspace.write() as db:
            return jobs.take(db, lanes)

    def _do(self, job: Job) -> None:
        state, message, result = "done", "", None
        try:
            result = self._result(job)
        except CancelledError:
            state, message = "cancelled", "stopped; what was finished is kept"
        except RerankLensError as error:
            state, message = "failed", str(error)
        except Exception as error:
            with suppress(OSError):  # the log may lie on a full disk
                traceback.print_exc()
            state, message = "failed", f"{type(error).__name__}; the worker's log has the details"
        self._finish(job, state, message, result)
        if job.lane == FILES and state != "done":
            own_process.clear(self.workspace)

    def _finish(self, job: Job, state: str, message: str, result: dict[str, Any] | None) -> None:
        while True:
            try:
                with self.workspace.write() as db:
                    jobs.finish(db, job.id, state, message, result)
                return
            except WorkspaceError:  # else nobody would ever hear that it has ended
                if self.orphaned:
                    return
                time.sleep(AWAY_SECONDS)

    def _result(self, job: Job) -> dict[str, Any]:
        if job.problem:
            raise RerankLensError(job.problem)
        if job.lane == FILES:
            return own_process.run(self.workspace, job, self._end_if_orphaned)
        from rerank_core.ranking.jobs import JOBS

        if job.kind not in JOBS:
            raise RerankLensError(f"This job is not known to this version: it is of the kind '{job.kind[:60]}'.")
        told = _Tell(self, job)
        if job.lane == NETWORK:
            return JOBS[job.kind](self.pipeline, job.params, told)
        with self.turns.job(job.urgent, told.stand) as turn:
            told.turn = turn
            return JOBS[job.kind](self.pipeline, job.params, told)

    def _end_if_orphaned(self) -> None:
        if self.orphaned:
            sys.exit(0)  # the job is put back, and taken up again by the next worker


class _Tell:
    """The Progress of a job: writes it to the job's row, looks for a stop, and lets more urgent jobs in between."""

    def __init__(self, worker: Worker, job: Job) -> None:
        self.turn: Turn | None = None
        self._worker = worker
        self._row = JobProgress(worker.workspace, job.id, self._doing)

    def __call__(self, done: int, total: int, message: str = "") -> None:
        if self.turn is not None:
            self.turn.give_way()
        self._worker._end_if_orphaned()
        self._row(done, total, message)

    def stand(self, stands: bool) -> None:
        """Tell that the job waits for its turn, or has it."""
        self._worker._end_if_orphaned()
        self._row.stand(stands)

    def _doing(self) -> str:
        return PREPARING if self.turn is not None and self.turn.preparing else WORKING


def main(path: str, parent: int) -> None:
    """Serve the workspace at `path` for the process `parent`; wait first while another worker does."""
    with suppress(AttributeError, OSError):  # not every system has it
        os.nice(_BEHIND)
    workspace = Workspace(path, create=False)
    worker = Worker(workspace, parent)

    def wait() -> None:
        if worker.orphaned:
            sys.exit(0)
        time.sleep(0.2)

    with held(workspace.path.with_name(workspace.path.name + ".worker.lock"), wait):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            worker.serve()
        except KeyboardInterrupt:
            pass
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)  # a job that is in the middle of a model's work is not waited for


if __name__ == "__main__":
    # the parent tells its id: asked here, it might be gone already, and its heir would be taken for it
    main(sys.argv[1], int(sys.argv[2]))
