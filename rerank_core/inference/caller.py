"""Who asks for scores: whether a person waits for them, and what others may do meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter


def _go_on() -> None:
    return None


@dataclass(frozen=True, slots=True)
class Caller:
    """What holds for all that is asked within `calling`.

    `urgent`: a person waits. `aside`: a block in which other threads may work, while this one waits for a queue or a
    server. `look` is called before each pack within such a block: it may wait, or raise to end the call. `preparing`: a
    block of long work that comes behind people's queries whoever asked for it, such as making an index. `wanted`: a
    block in which another caller waits for that work; any thread may enter it.
    """

    urgent: bool = False
    aside: Callable[[], AbstractContextManager[None]] = nullcontext
    look: Callable[[], None] = _go_on
    preparing: Callable[[], AbstractContextManager[None]] = nullcontext
    wanted: Callable[[], AbstractContextManager[None]] = nullcontext


class _Waited(threading.local):
    seconds = 0.0


_caller = ContextVar("caller", default=Caller())  # noqa: B039 - it is frozen
_waited = _Waited()


def caller() -> Caller:
    """The caller of this thread; nobody in particular where there is no `calling` around."""
    return _caller.get()


@contextmanager
def calling(asker: Caller) -> Iterator[None]:
    """Everything in this block, in this thread, is asked by this caller."""
    token = _caller.set(asker)
    try:
        yield
    finally:
        _caller.reset(token)


def own_clock() -> float:
    """Seconds as `perf_counter`, less what this thread has waited for the work of others."""
    return perf_counter() - _waited.seconds


def note_waited(seconds: float) -> None:
    """So long this thread did nothing of its own."""
    _waited.seconds += seconds
