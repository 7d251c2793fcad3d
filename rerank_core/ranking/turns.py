"""Whose turn it is to work with the models: one job's at a time, and first those that somebody waits for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Condition
from time import perf_counter

from rerank_core.inference.caller import Caller, calling, note_waited


class Turns:
    """Safe for several threads; a job is a thread's.

    While a job waits for a queue of the engine or for a server, another one works: pairs of several queries then meet
    in one queue. A job that nobody waits for stands still as long as there is an urgent one.
    """

    def __init__(self) -> None:
        self._taken = False
        self._urgent = 0
        self._changed = Condition()

    @contextmanager
    def job(self, urgent: bool) -> Iterator[None]:
        """A whole job: waits for its turn, and has it but for `Caller.aside` blocks."""
        with self._changed:
            self._urgent += urgent
        look = partial(self._hold_back, urgent)
        try:
            with calling(Caller(urgent, partial(self._aside, urgent), look)), self._turn(urgent):
                yield
        finally:
            with self._changed:
                self._urgent -= urgent
                self._changed.notify_all()

    def give_way(self, urgent: bool) -> None:
        """Called within a turn: an urgent job that has come meanwhile goes first."""
        if not urgent and self._urgent:
            with self._aside(urgent):
                pass

    @contextmanager
    def _turn(self, urgent: bool) -> Iterator[None]:
        self._take(urgent)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def _aside(self, urgent: bool) -> Iterator[None]:
        self._leave()
        try:
            yield
        finally:
            self._take(urgent)

    def _take(self, urgent: bool) -> None:
        started = perf_counter()
        with self._changed:
            self._changed.wait_for(lambda: not self._taken and (urgent or not self._urgent))
            self._taken = True
        note_waited(perf_counter() - started)

    def _leave(self) -> None:
        with self._changed:
            self._taken = False
            self._changed.notify_all()

    def _hold_back(self, urgent: bool) -> None:
        with self._changed:
            self._changed.wait_for(lambda: urgent or not self._urgent)
