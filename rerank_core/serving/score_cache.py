"""Scores of pairs that were asked for a short while ago, in memory: a changed text or system is another key."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rerank_core.rerankers.family import ScoreCache

MOST = 200_000
"""Pairs; one takes about 300 bytes."""


class TimedScores:
    """(model key, query hash, text hash) -> (raw score, tokens cut), for so many seconds. Safe for several threads.

    The longest unused go first where there are more than `most`. `clock`: seconds that only rise.
    """

    def __init__(self, seconds: float, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._kept: OrderedDict[tuple[str, str, str], tuple[float, tuple[float, int]]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        """See `ScoreCache`."""
        now, found = self._clock(), {}
        with self._lock:
            for text in hashes:
                key = (model, query_hash, text)
                kept = self._kept.get(key)
                if kept is None:
                    continue
                if kept[0] <= now:
                    del self._kept[key]
                else:
                    self._kept.move_to_end(key)
                    found[text] = kept[1]
        return found

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        """See `ScoreCache`."""
        end = self._clock() + self._seconds
        with self._lock:
            for text, value in items.items():
                self._kept[(model, query_hash, text)] = end, value
                self._kept.move_to_end((model, query_hash, text))
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


@dataclass(slots=True)
class Counted:
    """A cache as one request sees it: how many pairs it asked for, and how many were there. `kept` None: no cache."""

    kept: ScoreCache | None
    asked: int = 0
    hits: int = field(default=0)

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        """See `ScoreCache`."""
        found = self.kept.get_many(model, query_hash, hashes) if self.kept is not None else {}
        self.asked, self.hits = self.asked + len(hashes), self.hits + len(found)
        return found

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        """See `ScoreCache`."""
        if self.kept is not None:
            self.kept.put_many(model, query_hash, items)
