"""Indexes while they are made: each once, by one job, and those that need it too wait for that one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Event
from typing import Generic, TypeVar

from rerank_core.inference.caller import Caller, caller
from rerank_core.types import Progress

LOOK_SECONDS = 0.3
Made = TypeVar("Made")


class _Build:
    """One build under way: whose it is, where it stands, and whether it has ended, well or not."""

    def __init__(self, maker: Caller) -> None:
        self.maker, self.ended = maker, Event()
        self.stands: tuple[int, int, str] = (0, 0, "")


class IndexBuilds(Generic[Made]):
    """Safe for several threads that take turns (`ranking/turns.py`): a turn ends only where progress is told.

    A build comes behind people's queries, whoever asked for it; others that need the same index lend it their urgency.
    """

    def __init__(self) -> None:
        self._now: dict[Hashable, _Build] = {}

    def make(
        self,
        key: Hashable,
        find: Callable[[], Made | None],
        build: Callable[[Progress], Made],
        progress: Progress,
    ) -> Made:
        """What `find` finds; else what `build` makes, by this caller or by the one that makes it already.

        Raises what `build` and `progress` raise. Where another caller's build was stopped, this one goes on with it.
        """
        while (made := find()) is None:
            if key not in self._now:
                return self._build(key, build, progress)
            self._wait(self._now[key], progress)
        return made

    def _build(self, key: Hashable, build: Callable[[Progress], Made], progress: Progress) -> Made:
        now = self._now[key] = _Build(caller())

        def tell(done: int, total: int, message: str = "") -> None:
            now.stands = (done, total, message)
            progress(done, total, message)

        try:
            with caller().preparing():
                return build(tell)
        finally:
            del self._now[key]
            now.ended.set()

    def _wait(self, build: _Build, progress: Progress) -> None:
        with caller().aside(), caller().preparing(), build.maker.wanted():
            while not build.ended.wait(LOOK_SECONDS):
                progress(*build.stands)
