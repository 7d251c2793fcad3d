"""Jobs that read files of the user's, each in a process of its own: whatever it does there, it can be ended.

Such a process needs no model. It writes its progress into the job's row itself, and its answer, a line of JSON, to
stdout. To kill it is safe: what it had not committed is rolled back, and `clear` takes away what it had.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import IO, TYPE_CHECKING, Any, cast

from rerank_core.errors import CancelledError, RerankLensError
from rerank_core.inference.idle_threads import WAITING
from rerank_core.ranking.job_progress import JobProgress
from rerank_core.store import jobs
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace

if TYPE_CHECKING:
    from rerank_core.ranking.pipeline import Pipeline

POLL_SECONDS = 0.1
GRACE_SECONDS = 1.0
"""So long has a job that is to stop to end by itself."""
_DIE_WITH_PARENT, _KILL = 1, 9


def command(module: str, *arguments: str) -> list[str]:
    """How to run a module of this package with the Python that runs here."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """What that process needs to find this package, and how its threads wait.

    The package is found by its path and not by the folder to run in, so that a path that the user typed means the same
    there.
    """
    root = str(Path(__file__).resolve().parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    return {**WAITING, **os.environ, "PYTHONPATH": paths}


def run(workspace: Workspace, job: Job, check: Callable[[], None]) -> dict[str, Any]:
    """Do the job in a process of its own and return its result; it ends at the latest when this returns or raises.

    `check` is called again and again; what it raises ends the job. Raises CancelledError where somebody asked to stop,
    RerankLensError for what was wrong with the input, and RuntimeError for an error of ours.
    """
    with TemporaryFile() as answer:
        process = subprocess.Popen(
            command("rerank_core.ranking.own_process", str(workspace.path), str(job.id), str(os.getpid())),
            stdin=subprocess.PIPE,
            stdout=answer,
            env=environment(),
        )
        try:
            _watch(process, workspace, job, check)
        finally:
            process.kill()
            process.wait()
            with suppress(OSError):
                cast(IO[bytes], process.stdin).close()
        answer.seek(0)
        return _result(answer.read(), process.returncode)


def _watch(process: subprocess.Popen[bytes], workspace: Workspace, job: Job, check: Callable[[], None]) -> None:
    asked = 0.0
    while process.poll() is None:
        check()
        if not asked and _is_cancelled(workspace, job):
            asked = time.monotonic()
        if asked and time.monotonic() - asked > GRACE_SECONDS:
            raise CancelledError("stopped on request")
        time.sleep(POLL_SECONDS)


def _is_cancelled(workspace: Workspace, job: Job) -> bool:
    # only read: the process may hold the write lock for long
    try:
        with workspace.open() as db:
            return jobs.get(db, job.id).cancel
    except (RerankLensError, sqlite3.Error):
        return False


def _result(answer: bytes, code: int) -> dict[str, Any]:
    if not answer.strip():
        raise RerankLensError(
            f"The process that read the files ended in the middle (code {code}), perhaps for want of memory. "
            "Nothing was changed."
        )
    found = json.loads(answer.splitlines()[-1])
    if found["state"] == "cancelled":
        raise CancelledError("stopped on request")
    if found["state"] == "failed":
        raise RerankLensError(found["message"])
    if found["state"] == "broken":
        raise RuntimeError(found["message"])  # its traceback stands in the log
    return cast("dict[str, Any]", found["result"])


def clear(workspace: Workspace) -> None:
    """Take away what a killed import had committed, unless another import runs: then that one has done so."""
    from rerank_core.corpus.importing.leftovers import clear_leftovers

    with suppress(sqlite3.Error, RerankLensError):  # the next import tries again
        clear_leftovers(workspace)


def _do(path: str, job_id: int) -> dict[str, Any]:
    """The answer: its state, and the result or a message."""
    from rerank_core.ranking.jobs import JOBS

    workspace = Workspace(path)
    with workspace.open() as db:
        job = jobs.get(db, job_id)
    try:
        only = cast("Pipeline", SimpleNamespace(workspace=workspace))
        return {"state": "done", "result": JOBS[job.kind](only, job.params, JobProgress(workspace, job_id))}
    except CancelledError:
        return {"state": "cancelled"}
    except RerankLensError as error:
        return {"state": "failed", "message": str(error)}
    except Exception as error:
        with suppress(OSError):  # the worker's log may lie on a full disk
            traceback.print_exc()
        return {"state": "broken", "message": type(error).__name__}


def _die_with(parent: int) -> None:
    """End when the parent does: by the kernel where it can, since a thread may not get a turn in the middle of work."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, _KILL)
    if os.getppid() != parent:
        os._exit(1)


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def main(path: str, job_id: int, parent: int) -> None:
    """Do the job of this id for the process `parent`, print the answer, and end."""
    _die_with(parent)
    reply = json.dumps(_do(path, job_id))
    sys.stdout.write(f"\n{reply}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
