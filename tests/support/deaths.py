"""Work that ends by SIGKILL at a step of its own, chosen before: so each kill is known to lie inside the work.

A step is the beginning of an SQL statement, some thousand instructions of SQLite within one, a file that is opened,
made, renamed or removed in the workspace's folder, and each report of progress. One process imports what the works need
and forks for each death, so that two hundred of them take seconds.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("RERANK_LENS_KILLS", "4"))
"""How many moments of each kind of work."""
_INSTRUCTIONS = 5_000
_FILE_EVENTS = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate")


class Steps:
    """Counts the steps of the work and ends the process at the step `fatal`; 0: never. A Progress, too."""

    def __init__(self, folder: Path, fatal: int) -> None:
        self._folder, self._fatal, self.count = str(folder), fatal, 0

    def __call__(self, *_: object) -> None:
        self.count += 1
        if self.count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count from now on what SQLite and the file system are asked, for the rest of this process."""
        from rerank_core.store import workspace

        connect = workspace.connect

        def watched(path: Path, patience: float) -> sqlite3.Connection:
            connection = connect(path, patience)
            connection.set_trace_callback(self)
            connection.set_progress_handler(self._within, _INSTRUCTIONS)
            return connection

        workspace.connect = watched
        sys.addaudithook(self._audit)

    def _within(self) -> int:
        self()
        return 0

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _FILE_EVENTS and str(arguments[0]).startswith(self._folder):
            self()


class Deaths:
    """The process that the works are forked from; a context manager."""

    def __enter__(self) -> Deaths:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.deaths"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def steps_of(self, work: str, *arguments: str) -> int:
        """Do the work of `tests.support.works` to its end, and return how many steps it has."""
        code, steps = self._ask(work, arguments, 0)
        assert code == 0, f"{work} failed: see what was written to stderr"
        return steps

    def kill(self, work: str, step: int, *arguments: str) -> None:
        """Begin the work and kill it at this step. Fails where it ended by itself before."""
        code, steps = self._ask(work, arguments, step)
        assert code == -signal.SIGKILL, f"{work} ended by itself with {code} before step {step}, after {steps}"

    def _ask(self, work: str, arguments: Sequence[str], fatal: int) -> tuple[int, int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([work, arguments, fatal]) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the process of the works ended: {self._process.communicate()[1][-2000:]}"
        code, steps = json.loads(answer)
        return code, steps


def moments(steps: int, kills: int = KILLS, seed: int = 1) -> list[int]:
    """`kills` steps of 1 to `steps`, one of each of as many equal parts; all of them where there are not so many."""
    if kills >= steps:
        return list(range(1, steps + 1))
    draw = Random(seed)
    edges = [part * steps // kills for part in range(kills + 1)]
    return [draw.randrange(first, last) + 1 for first, last in pairwise(edges)]


def _serve() -> None:
    from tests.support import works

    for line in sys.stdin:
        work, arguments, fatal = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _do(works.WORKS[work], arguments, fatal, writing)
        os.close(writing)
        with os.fdopen(reading) as told:
            steps = told.read()
        _, status = os.waitpid(child, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status), int(steps or 0)]), flush=True)


def _do(work: works.Work, arguments: Sequence[str], fatal: int, writing: int) -> None:
    steps = Steps(Path(arguments[0]).parent, fatal)
    try:
        steps.watch()
        work(steps, *arguments)
        os.write(writing, str(steps.count).encode())
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os.write(writing, str(steps.count).encode())
        os._exit(1)


if __name__ == "__main__":
    from tests.support import works

    _serve()
