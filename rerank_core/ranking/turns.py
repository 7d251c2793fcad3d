"""Whose turn it is to work with the models: one job's at a time, and first those that somebody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from time import perf_counter

from rerank_core.inference.caller import Caller, calling, note_waited

UNSEEN, PREPARING, WATCHED = 0, 1, 2
"""The levels of work: nobody looks; somebody waits until an index is made; somebody waits for this query."""
PATIENCE_SECONDS = 0.5
"""Who stands for so long says so, and looks as often whether it is to stop."""


def _say_nothing(stands: bool) -> None:
    return None


def _do_nothing() -> None:
    return None


class Turn:
    """One job's place among the others. `preparing`: it makes an index, or waits for one that another job makes.

    `wanted`: so many others wait for the index that it makes. `holds`: it is its turn. `stands`: it waits for its turn.
    """

    def __init__(self, turns: Turns, number: int, urgent: bool, standing: Callable[[bool], None]) -> None:
        """Use `Turns.job`."""
        self._turns, self.number, self.urgent, self.standing = turns, number, urgent, standing
        self.preparing, self.holds, self.stands, self.wanted = False, False, False, 0

    @property
    def level(self) -> int:
        """An index is never urgent, whoever asked for it: it may take an hour, and a query takes a second."""
        if self.preparing:
            return PREPARING if self.urgent or self.wanted else UNSEEN
        return WATCHED if self.urgent else UNSEEN

    def give_way(self) -> None:
        """Called between two steps: work of a higher level that has come meanwhile goes first."""
        self._turns.give_way(self)


class Turns:
    """Safe for several threads; a job is a thread's.

    While a job waits for a queue of the engine or for a server, another one works: pairs of several queries then meet
    in one queue. A job stands still as long as there is one of a higher level; among equals the older one goes first.
    """

    def __init__(self, levels_changed: Callable[[], None] = _do_nothing) -> None:
        """`levels_changed` is called as often as a job comes, goes, or begins or ends to make or await an index."""
        self._levels_changed = levels_changed
        self._taken = False
        self._jobs: list[Turn] = []
        self._count = 0
        self._changed = Condition()

    @contextmanager
    def job(self, urgent: bool, standing: Callable[[bool], None] = _say_nothing) -> Iterator[Turn]:
        """A whole job: waits for its turn, and has it but for `Caller.aside` blocks.

        `standing` is told True again and again while it waits for its turn, after half a second, and False when that is
        over; what it raises ends the job.
        """
        with self._changed:
            self._count += 1
            turn = Turn(self, self._count, urgent, standing)
            self._jobs.append(turn)
        self._levels_changed()
        try:
            with calling(self._caller(turn)):
                self._take(turn)
                yield turn
        finally:
            self._leave(turn)
            with self._changed:
                self._jobs.remove(turn)
                self._changed.notify_all()
            self._levels_changed()

    @property
    def preparing(self) -> int:
        """How many urgent jobs make an index now, or wait for one."""
        with self._changed:
            return sum(turn.urgent and turn.preparing for turn in self._jobs)

    @property
    def watched(self) -> bool:
        """Whether somebody waits for a query now."""
        with self._changed:
            return any(turn.level == WATCHED for turn in self._jobs)

    def give_way(self, turn: Turn) -> None:
        """See `Turn.give_way`."""
        with self._changed:
            gives_way = turn.holds and self._behind(turn)
        if gives_way:
            with self._aside(turn):
                pass

    def _caller(self, turn: Turn) -> Caller:
        return Caller(
            turn.urgent,
            lambda: self._aside(turn),
            lambda: self._hold_back(turn),
            lambda: self._preparing(turn),
            lambda: self._wanted(turn),
        )

    @contextmanager
    def _aside(self, turn: Turn) -> Iterator[None]:
        self._leave(turn)
        try:
            yield
        finally:
            self._take(turn)

    @contextmanager
    def _preparing(self, turn: Turn) -> Iterator[None]:
        self._set(turn, preparing=True)
        try:
            if turn.holds:
                with self._aside(turn):
                    pass  # an index that was begun earlier goes first
            yield
        finally:
            self._set(turn, preparing=False)

    @contextmanager
    def _wanted(self, turn: Turn) -> Iterator[None]:
        self._set(turn, wanted=1)
        try:
            yield
        finally:
            self._set(turn, wanted=-1)

    def _set(self, turn: Turn, preparing: bool | None = None, wanted: int = 0) -> None:
        with self._changed:
            turn.preparing = turn.preparing if preparing is None else preparing
            turn.wanted += wanted
            self._changed.notify_all()
        self._levels_changed()

    def _take(self, turn: Turn) -> None:
        started, told = perf_counter(), False
        try:
            while not self._taken_within(turn, PATIENCE_SECONDS):
                told = True
                turn.standing(True)
        finally:
            with self._changed:
                turn.stands = False
                self._changed.notify_all()
            note_waited(perf_counter() - started)
        if told:
            turn.standing(False)

    def _taken_within(self, turn: Turn, seconds: float) -> bool:
        with self._changed:
            turn.stands = True
            if not self._changed.wait_for(lambda: self._is_next(turn), seconds):
                return False
            self._taken = turn.holds = True
            return True

    def _is_next(self, turn: Turn) -> bool:
        return not self._taken and not any(
            other.level > turn.level or (other.stands and other.level == turn.level and other.number < turn.number)
            for other in self._jobs
        )

    def _behind(self, turn: Turn) -> bool:
        return any(other.level > turn.level for other in self._jobs)

    def _leave(self, turn: Turn) -> None:
        with self._changed:
            if turn.holds:  # not where it was ended while it waited for its turn
                self._taken = turn.holds = False
                self._changed.notify_all()

    def _hold_back(self, turn: Turn) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._behind(turn))
