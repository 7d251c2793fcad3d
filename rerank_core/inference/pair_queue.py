"""One queue per model: pairs of several callers share packs, people who wait go before whole-set runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Condition
from time import perf_counter

from rerank_core.inference.caller import note_waited
from rerank_core.inference.free_memory import free_memory
from rerank_core.inference.pair_tokens import Pair

_LOOK_SECONDS = 0.05


def _never() -> None:
    return None


@dataclass(slots=True, eq=False)
class _Request:
    """What one caller waits for; `left` are places in `pairs`, longest first. `pack_seconds`: its share of packs."""

    pairs: Sequence[Pair]
    urgent: bool
    number: int
    scores: dict[int, float] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    failure: BaseException | None = None
    pack_seconds: float = 0.0

    @property
    def done(self) -> bool:
        return self.failure is not None or len(self.scores) == len(self.pairs)


class PairQueue:
    """Safe for several threads. It has no thread of its own: of the callers that wait, one at a time runs a pack.

    A pack holds pairs of one urgency, at most `budget` tokens or one pair; urgent ones go first, then by arrival. What
    the device has no memory for is halved, and no pack is as large after that; one pair alone fails.
    """

    def __init__(self, run: Callable[[Sequence[Pair]], Sequence[float]], budget: int) -> None:
        self._run, self._budget = run, budget
        self._waiting: list[_Request] = []
        self._busy = False
        self._changed = Condition()
        self._numbers = count()

    def score(self, pairs: Sequence[Pair], urgent: bool = False, look: Callable[[], None] = _never) -> list[float]:
        """The score of each pair, in their order; [] for [].

        `look` is called before each pack and while waiting for one: what it raises ends this call, and no other's. What
        the model raises is raised in all calls whose pairs were in that pack. The time of a pack is its callers' by
        their tokens; the rest of the wait is told to `caller.own_clock`.
        """
        started = perf_counter()
        request = _Request(pairs, urgent, next(self._numbers))
        request.left = sorted(range(len(pairs)), key=lambda place: -len(pairs[place]))
        with self._changed:
            self._waiting.append(request)
        try:
            while not request.done:
                look()
                self._step(request)
        finally:
            with self._changed:
                self._waiting.remove(request)
                self._changed.notify_all()
            note_waited(max(0.0, perf_counter() - started - request.pack_seconds))
        if request.failure is not None:
            raise request.failure
        return [request.scores[place] for place in range(len(pairs))]

    def _step(self, request: _Request) -> None:
        """Run the next pack, or wait a little while another caller does."""
        with self._changed:
            if request.done:
                return
            if self._busy:
                self._changed.wait(_LOOK_SECONDS)
                return
            self._busy = True
            chosen = self._next()
        failure: BaseException | None = None
        scores: Sequence[float] = ()
        started = perf_counter()
        try:
            scores = self._run([asker.pairs[place] for asker, place in chosen])
        except BaseException as error:
            failure = error
        seconds = perf_counter() - started
        tokens = sum(len(asker.pairs[place]) for asker, place in chosen)
        halved = len(chosen) > 1 and _is_out_of_memory(failure)
        if halved:
            failure = None  # it holds the frames that hold the memory
            free_memory()
        with self._changed:
            self._busy = False
            if halved:
                self._budget = max(1, tokens // 2)
                for asker, place in reversed(chosen):
                    asker.left.insert(0, place)
                self._changed.notify_all()
                return
            for number, (asker, place) in enumerate(chosen):
                asker.pack_seconds += seconds * len(asker.pairs[place]) / max(1, tokens)
                if failure is not None:
                    asker.failure = failure
                else:
                    asker.scores[place] = scores[number]
            self._changed.notify_all()

    def _next(self) -> list[tuple[_Request, int]]:
        """Take the pairs of the next pack out of what waits."""
        unfinished = [request for request in self._waiting if request.left and request.failure is None]
        first = min(unfinished, key=lambda request: (not request.urgent, request.number))
        chosen: list[tuple[_Request, int]] = []
        room = self._share([request for request in unfinished if request.urgent == first.urgent])
        for request in sorted(unfinished, key=lambda request: request.number):
            while request.urgent == first.urgent and request.left:
                tokens = len(request.pairs[request.left[0]])
                if chosen and tokens > room:
                    break
                chosen.append((request, request.left.pop(0)))
                room -= tokens
        return chosen

    def _share(self, requests: Sequence[_Request]) -> int:
        """The tokens of the next pack: what waits, in even parts of at most the budget."""
        total = sum(len(request.pairs[place]) for request in requests for place in request.left)
        return -(-total // max(1, -(-total // self._budget)))


def _is_out_of_memory(failure: BaseException | None) -> bool:
    """Whether torch, which may not be imported here, or Python found no memory."""
    return isinstance(failure, MemoryError) or type(failure).__name__ == "OutOfMemoryError"
