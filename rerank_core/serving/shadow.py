"""Another system that ranks a share of the traffic beside the served one; no caller sees it or waits for it."""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Callable
from time import perf_counter

from rerank_core.errors import RerankLensError
from rerank_core.serving.asked import Asked
from rerank_core.serving.request_log import SHADOW, RequestLog
from rerank_core.serving.served import Served

WAITING = 32
RANKED, FAILED, DROPPED = "ranked", "failed", "dropped"


class Shadow:
    """Ranks in one thread of its own, behind all callers. Where too many wait, a request is dropped and counted.

    `share`: of the requests, above 0 to 1. `tell` is told RANKED, FAILED or DROPPED for each that was drawn.
    """

    def __init__(
        self,
        served: Served,
        share: float,
        log: RequestLog,
        tell: Callable[[str], None],
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._served, self._share, self._log, self._tell, self._draw = served, share, log, tell, draw
        self._waiting: queue.Queue[tuple[str, str, Asked] | None] = queue.Queue(WAITING)
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def offer(self, request: str, protocol: str, asked: Asked) -> None:
        """A request that was answered; it may be drawn. Returns at once."""
        if self._stopped or self._draw() >= self._share:
            return
        try:
            self._waiting.put_nowait((request, protocol, asked))
        except queue.Full:
            self._tell(DROPPED)

    def close(self, seconds: float = 10.0) -> None:
        """Finish the one that is under way, within so many seconds, and drop the others."""
        self._stopped = True
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                break
            self._tell(DROPPED)
        self._waiting.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (drawn := self._waiting.get()) is not None:
            self._rank(*drawn)

    def _rank(self, request: str, protocol: str, asked: Asked) -> None:
        system, started = self._served.system, perf_counter()
        try:
            answer = self._served.rank(asked, urgent=False)
        except Exception as error:  # whatever a library raises: callers must not hear of it
            reason = str(error).splitlines()[0] if isinstance(error, RerankLensError) else type(error).__name__
            spent = {"rank": (perf_counter() - started) * 1000}
            self._log.failed(SHADOW, request, system.id, system.key, protocol, asked, 500, reason, spent)
            self._tell(FAILED)
            return
        spent = {"rank": answer.seconds * 1000}
        self._log.answered(SHADOW, request, system.id, system.key, protocol, asked, answer, spent)
        self._tell(RANKED)
