"""A folder in memory for the files that tests write.

The workspace waits for the disk at each commit, as it must, and tests commit thousands of times.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
PREFIX = "rerank-lens-tests-"
ROOM = 4 * 2**30
"""Bytes that must be free there; a whole run leaves less than 1 GiB."""


class FilesInMemory:
    """Has pytest's temporary folders in memory where there is room, and removes them with the run.

    After a failure they stay until the next run. `--basetemp` and machines without such a folder have them elsewhere.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        if config.option.basetemp is not None or not MEMORY.is_dir():
            return
        _remove_those_of_runs_that_ended()
        if shutil.disk_usage(MEMORY).free > ROOM:
            self._folder = config.option.basetemp = MEMORY / f"{PREFIX}{os.getpid()}"

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if self._folder is not None and exitstatus == pytest.ExitCode.OK:
            shutil.rmtree(self._folder, ignore_errors=True)


def _remove_those_of_runs_that_ended() -> None:
    for folder in MEMORY.glob(f"{PREFIX}*"):
        if not Path("/proc", folder.name.removeprefix(PREFIX)).exists():
            shutil.rmtree(folder, ignore_errors=True)
