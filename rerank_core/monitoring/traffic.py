"""Requests as columns, and the two windows that are compared: what is watched now, and what it is held against."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlite_utils import Database

from rerank_core.errors import SettingsError
from rerank_core.monitoring.logs.rows import RowError, as_time
from rerank_core.store.traffic_requests import SERVED, request_columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST = 30
"""Of fewer requests nothing is said."""
LAST = "500"
MOST_REFERENCE = 20_000
_UNITS = {"m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests in the order of their times; every column has one value per request.

    `at`: seconds since 1970. `ms`, `pairs`, `kept`, `moved` (1, 0): NaN where the log does not say. `scores`: those of
    the list, best first, as an array each; empty where there are none.
    """

    id: NDArray[np.int64]
    at: NDArray[np.float64]
    system: NDArray[np.object_]
    role: NDArray[np.object_]
    query_key: NDArray[np.object_]
    made_of: NDArray[np.object_]
    outcome: NDArray[np.object_]
    ms: NDArray[np.float64]
    pairs: NDArray[np.float64]
    kept: NDArray[np.float64]
    moved: NDArray[np.float64]
    scores: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.at)

    def where(self, which: Any) -> Traffic:
        """Some of the requests: a mask, a slice or places."""
        return Traffic(**{name: getattr(self, name)[which] for name in self.__slots__})

    def of(self, system: str, role: str = SERVED) -> Traffic:
        """Those that one system answered in one role."""
        return self.where((self.system == system) & (self.role == role))

    def systems(self) -> list[tuple[str, str]]:
        """(system, role), those of most requests first; callers' lists before shadows."""
        from collections import Counter

        counts = Counter(zip(self.system.tolist(), self.role.tolist(), strict=True))
        return sorted(counts, key=lambda one: (one[1] != SERVED, -counts[one], one[0]))


def load_traffic(db: Database, since: float | None = None, until: float | None = None) -> Traffic:
    """The requests from `since` to before `until` (seconds since 1970; None: no end)."""
    return traffic_of(request_columns(db, since, until))


def traffic_of(rows: list[tuple[Any, ...]]) -> Traffic:
    """Rows of `traffic_requests.COLUMNS` as columns."""
    import numpy as np

    columns = list(zip(*rows, strict=True)) if rows else [()] * 12
    numbers = {6 + place: np.array(column, dtype=np.float64) for place, column in enumerate(columns[7:11], 1)}
    texts = {place: np.array(columns[place], dtype=object) for place in range(2, 7)}
    scores = np.empty(len(rows), dtype=object)
    for place, blob in enumerate(columns[11]):
        scores[place] = _scores(blob)
    ids, at = np.array(columns[0], dtype=np.int64), np.array(columns[1], dtype=np.float64)
    return Traffic(ids, at, texts[2], texts[3], texts[4], texts[5], texts[6],
                   numbers[7], numbers[8], numbers[9], numbers[10], scores)  # fmt: skip


def _scores(blob: object) -> NDArray[np.float32]:
    """The scores of a list; none where the row holds what no version of ours has written."""
    import numpy as np

    if not isinstance(blob, bytes) or len(blob) % 4:
        return np.empty(0, dtype=np.float32)
    found = np.frombuffer(blob, dtype=np.float32)
    return found if np.isfinite(found).all() else found[:0]


@dataclass(frozen=True, slots=True)
class Windows:
    """`now`: what is watched. `reference`: what it is held against, of other times."""

    now: Traffic
    reference: Traffic


def split(traffic: Traffic, last: str = LAST, reference: str | None = None) -> Windows:
    """The newest requests, and those that they are held against.

    `last`: how many requests of callers, or a time up to the newest request: "500", "30m", "1h", "7d". `reference`:
    "FROM..TO", ISO 8601 in UTC, one of them may be left out; None: all before the window, the newest 20,000 at most.
    Requests of the window are never in the reference. Raises SettingsError for what is neither.
    """
    import numpy as np

    begin = _begin(traffic, last)
    now, before = traffic.where(traffic.at >= begin), traffic.where(traffic.at < begin)
    if reference is None:
        return Windows(now, before.where(slice(-MOST_REFERENCE, None)))
    low, high = parse_reference(reference)
    return Windows(now, before.where(np.flatnonzero((before.at >= low) & (before.at < high))))


def _begin(traffic: Traffic, last: str) -> float:
    found = re.fullmatch(r"([0-9]{1,9})([mhdw]?)", last.strip())
    if found is None or not int(found[1]):
        raise SettingsError(f"'{last}' is no window: name a number of requests (500) or a time (30m, 1h, 7d).")
    if not len(traffic):
        return 0.0
    if found[2]:
        return float(traffic.at[-1]) - int(found[1]) * _UNITS[found[2]]
    served = traffic.at[traffic.role == SERVED]
    times = served if len(served) else traffic.at
    return float(times[max(0, len(times) - int(found[1]))])


def parse_reference(text: str) -> tuple[float, float]:
    """(from, to) in seconds since 1970, infinite where an end is left out. Raises SettingsError."""
    low, dots, high = text.partition("..")
    try:
        if not dots or not (low.strip() or high.strip()):
            raise RowError("there are no two ends")
        ends = as_time(low) if low.strip() else float("-inf"), as_time(high) if high.strip() else float("inf")
    except RowError as error:
        raise SettingsError(f"'{text}' is no reference: write FROM..TO, such as 2026-11-01..2026-11-08.") from error
    if ends[0] >= ends[1]:
        raise SettingsError(f"'{text}' is no reference: it ends before it begins.")
    return ends


def moment(at: float) -> str:
    """A time for people: "2026-11-30 12:05" in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
