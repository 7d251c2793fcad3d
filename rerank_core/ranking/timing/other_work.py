"""How much of this machine other programs take while something is timed: seconds under load say little of a model."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

LEAST_SECONDS = 0.3
"""The system counts in hundredths of a second: a shorter stretch says nothing."""
_KEPT = 256
_STAT = Path("/proc/stat")
_IDLE = (3, 4)  # idle, and waiting for a disk
_GUESTS = 8  # from here on the fields are counted in others already


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of all processors up to now: `total` there were, `all` of them were used, `own` by this process."""

    at: float
    total: float
    all: float
    own: float


def read_used() -> Used | None:
    """What is used by now; None where the system does not tell (it is read from Linux alone, else from psutil)."""
    own, at = time.process_time(), time.monotonic()
    try:
        fields = [float(field) for field in _STAT.read_text("utf-8").split("\n", 1)[0].split()[1 : _GUESTS + 1]]
    except (OSError, ValueError):
        return _from_psutil(at, own)
    idle = sum(fields[place] for place in _IDLE)
    return Used(at, sum(fields) / 100, (sum(fields) - idle) / 100, own)


def _from_psutil(at: float, own: float) -> Used | None:
    try:
        psutil = import_module("psutil")
    except ImportError:
        return None
    times = psutil.cpu_times()
    total = sum(times)
    return Used(at, total, total - times.idle, own)


class OtherWork:
    """Remembers what was used when, so that also a short stretch can be judged by the moments before it."""

    def __init__(self, read: Callable[[], Used | None] = read_used) -> None:
        self._read = read
        self._moments: deque[Used] = deque(maxlen=_KEPT)

    def look(self) -> Used | None:
        """To be called before what is timed; None where the system does not tell."""
        now = self._read()
        if now is not None and (not self._moments or now.at - self._moments[-1].at >= LEAST_SECONDS):
            self._moments.append(now)
        return now

    def share_since(self, before: Used | None) -> float | None:
        """The share of the machine's processors, from 0 to 1, that others had since `before`; None: not known.

        Of a stretch that is too short, that of the last moments together with it; not of long ago.
        """
        now = self.look()
        if before is None or now is None:
            return None
        if now.at - before.at < LEAST_SECONDS:
            # the newest that is old enough; nothing that was before a pause
            old = [one for one in self._moments if LEAST_SECONDS <= now.at - one.at <= 10 * LEAST_SECONDS]
            if not old:
                return None
            before = old[-1]
        total = now.total - before.total
        return None if total <= 0 else min(1.0, max(0.0, (now.all - before.all - (now.own - before.own)) / total))
