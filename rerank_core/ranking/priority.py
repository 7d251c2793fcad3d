"""How far the worker stands behind the pages for the processor, and that it does not where a person waits for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock

BEHIND = 10
"""A page and a grade take little, and somebody waits for them; what is left, models have. On a machine that others keep
busy that can be next to nothing."""


class Priority:
    """The priority of this whole process, safe for several threads. Does nothing where the system has no such thing."""

    def __init__(self, parent: int) -> None:
        """`parent`: the process that it stands behind. It begins as it was started: somebody has opened the app."""
        self._lock = Lock()
        self._normal = self._now = 0
        with suppress(AttributeError, OSError):
            self._normal = os.getpriority(os.PRIO_PROCESS, parent)
            self._now = os.getpriority(os.PRIO_PROCESS, 0)

    def stand_behind(self, behind: bool) -> None:
        """Stand behind others, or no longer: that, many systems allow to the administrator or a container alone."""
        wanted = min(19, self._normal + BEHIND) if behind else self._normal
        with self._lock, suppress(AttributeError, OSError):
            if wanted != self._now:
                for one in _threads():
                    with suppress(ProcessLookupError):  # it has ended meanwhile
                        os.setpriority(os.PRIO_PROCESS, one, wanted)
                self._now = wanted


def _threads() -> Iterable[int]:
    """Linux has a priority for each thread, and a new one has that of its maker."""
    return map(int, os.listdir("/proc/self/task")) if sys.platform == "linux" else [0]
