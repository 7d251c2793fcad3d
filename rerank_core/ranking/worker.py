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
from rerank_core.inference.free_memory import free_memory
from rerank_core.ranking import own_process
from rerank_core.ranking.job_progress import JobProgress
from rerank_core.ranking.loaded import HELD_SECONDS
from rerank_core.ranking.priority import Priority
from rerank_core.ranking.turns import Turn, Turns
from rerank_core.store import jobs
from rerank_core.store.bell import Bell
from rerank_core.store.file_lock import held
from rerank_core.store.jobs import FILES, LANES, NETWORK, PREPARING, URGENT, WORKING, Job
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    from rerank_core.ranking.pipeline import Pipeline
    from rerank_core.ranking.timing.when_idle import WhenIdle

LOOK_SECONDS = 2.0
"""Where nobody rings, the worker looks so often for a job and whether its parent lives: a ring can be lost."""
AWAY_SECONDS = 1.0
FIRST_REST = 10.0  # seconds without a job, before anything is read for what is done when there is none
URGENT_AT_ONCE = 4
"""So many people's queries are worked on side by side; those that wait for an index are not counted."""
MOST_AT_ONCE = 24


def start(workspace: Workspace, hold_seconds: float = HELD_SECONDS) -> subprocess.Popen[bytes]:
    """Start a worker for this workspace as a child of this process; its log lies beside the workspace's file.

    `hold_seconds`: it lets go what nobody asked for in so long.
    """
    workspace.path.parent.mkdir(parents=True, exist_ok=True)
    _log_file(workspace).touch(mode=0o600)  # what it says may quote the workspace
    with _log_file(workspace).open("ab") as log:
        return subprocess.Popen(
            _command(workspace.path, os.getpid(), hold_seconds),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=own_process.environment(),
        )


def _command(path: Path, parent: int, hold_seconds: float) -> list[str]:
    return own_process.command("rerank_core.ranking.worker", str(path), str(parent), str(hold_seconds))


def _log_file(workspace: Workspace) -> Path:
    return workspace.path.with_name(workspace.path.name + ".worker.log")


class Worker:
    """Does one job of each lane at a time, and some urgent ones; those that need the models take turns: see `Turns`."""

    def __init__(
        self,
        workspace: Workspace,
        parent: int,
        pipeline: Pipeline | None = None,
        hold_seconds: float = HELD_SECONDS,
        priority: Priority | None = None,
    ) -> None:
        self.workspace = workspace
        self._hold_seconds = hold_seconds
        self._pipeline = pipeline
        self._making = Lock()
        self._parent = parent
        self._bell = Bell(workspace.path)
        self._priority = priority
        self.turns = Turns(self._levels_changed)
        self._worked = time.monotonic()
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
        """Take jobs until the parent is gone; those that still run then are left to the next worker.

        Also returns, with nothing under way, where there was no job for as long as things are held: what the libraries
        themselves take, half a gigabyte, is given back only by a process that begins anew.
        """
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
        with self._bell:
            while not self.orphaned:
                if not running and self._has_rested_enough():
                    break
                running = {one: job for one, job in running.items() if not one.done()}
                try:
                    job = self._next(self._free_lanes(running.values()))
                except WorkspaceError:  # the file is away: the pages say so, and the work goes on when it is back
                    time.sleep(AWAY_SECONDS)
                    continue
                if job is not None:
                    self._begin(pool, running, job)
                    continue
                if not running:
                    self._rest()
                self._bell.wait(LOOK_SECONDS)
        pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, pool: ThreadPoolExecutor, running: dict[Future[None], Job], job: Job) -> None:
        if self._when_idle is not None:
            self._when_idle.work()
        future = pool.submit(self._do, job)
        running[future] = job
        future.add_done_callback(lambda _: self._bell.ring())  # a lane is free

    def _levels_changed(self) -> None:
        self._bell.ring()  # one more person's query may be taken where another waits for an index
        if self._priority is not None and self.turns.watched:
            self._priority.stand_behind(False)

    def _has_rested_enough(self) -> bool:
        return self._pipeline is not None and time.monotonic() - self._worked >= self._hold_seconds

    def _rest(self) -> None:
        self._let_go()
        if time.monotonic() - self._worked < FIRST_REST:
            return
        if self._when_idle is None:
            from rerank_core.ranking.timing.when_idle import WhenIdle

            self._when_idle = WhenIdle(self.workspace)
        with suppress(WorkspaceError):  # the file is away, or only read: it is nobody's wish, so nobody is told
            self._when_idle.rest()

    def _let_go(self) -> None:
        """To be called where nothing works with the models, or within the turn of a job."""
        if self._pipeline is not None and self._pipeline.let_go(self._hold_seconds):
            free_memory()

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
        try:
            self._do_and_tell(job)
        finally:
            self._worked = time.monotonic()
            if self._priority is not None and not self.turns.watched:
                self._priority.stand_behind(True)  # what comes next, nobody may be waiting for

    def _do_and_tell(self, job: Job) -> None:
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
            self._let_go()
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


def main(path: str, parent: int, hold_seconds: float) -> None:
    """Serve the workspace at `path` for the process `parent`; wait first while another worker does."""
    workspace = Workspace(path, create=False)
    worker = Worker(workspace, parent, hold_seconds=hold_seconds, priority=Priority(parent))

    def wait() -> None:
        if worker.orphaned:
            sys.exit(0)
        time.sleep(0.2)

    with held(workspace.path.with_name(workspace.path.name + ".worker.lock"), wait):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            worker.serve()
            if not worker.orphaned:
                _begin_anew(workspace.path, parent, hold_seconds)
        except KeyboardInterrupt:
            pass
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)  # a job that is in the middle of a model's work is not waited for


def _begin_anew(path: Path, parent: int, hold_seconds: float) -> None:
    """Become a worker that has loaded nothing: the same process for whoever started it; the lock goes with the old one.

    Where the system has no such thing (Windows) the process ends, and the next page starts another.
    """
    if sys.platform != "win32":
        command = _command(path, parent, hold_seconds)
        os.execv(command[0], command)


if __name__ == "__main__":
    # the parent tells its id: asked here, it might be gone already, and its heir would be taken for it
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
