"""How long work will still take, by its own pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

WINDOW_SECONDS = 20.0
"""The pace is that of the last seconds: passages come longest first, so that the first ones say too much."""
LEAST_SECONDS = 1.0
"""Nothing is said before so much has been seen."""


class Pace:
    """The steps of one piece of work, with their times, less those in which it stood still."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._stood = 0.0
        self._stands_since: float | None = None
        self._total = 0
        self._steps: deque[tuple[float, int]] = deque()

    def seconds_left(self, done: int, total: int) -> float | None:
        """Note that `done` of `total` steps are done; the seconds for the rest, None where nobody can tell yet.

        Another total, or fewer steps than before, is another piece of work.
        """
        now = self._clock() - self._stood
        if total != self._total or (self._steps and done < self._steps[-1][1]):
            self._steps.clear()
            self._total = total
        self._steps.append((now, done))
        while len(self._steps) > 2 and now - self._steps[1][0] > WINDOW_SECONDS:
            self._steps.popleft()
        seconds, steps = now - self._steps[0][0], done - self._steps[0][1]
        if not total or steps <= 0 or seconds < LEAST_SECONDS:
            return None
        return (total - done) * seconds / steps

    def stand(self, stands: bool) -> None:
        """From now on it stands still, or goes on."""
        if stands and self._stands_since is None:
            self._stands_since = self._clock()
        if not stands and self._stands_since is not None:
            self._stood += self._clock() - self._stands_since
            self._stands_since = None
