"""Turns: one job at a time works with the models, and those that somebody waits for go first."""

from __future__ import annotations

import threading
import time

import pytest

from rerank_core.inference.caller import caller
from rerank_core.ranking.turns import Turn, Turns

SOON = 20


class Jobs:
    """Jobs in threads, which say when they come to a point and wait there to be let on."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self.turn_of: dict[str, Turn] = {}
        self._threads: list[threading.Thread] = []

    def start(self, work, urgent: bool) -> None:
        def run() -> None:
            with self.turns.job(urgent) as turn:
                self.turn_of[work.__name__] = turn
                work()

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def wait_for(self, true) -> None:
        for _ in range(SOON * 200):
            if true():
                return
            time.sleep(0.005)
        raise AssertionError("it never came to pass")

    def end(self) -> None:
        for thread in self._threads:
            thread.join(SOON)
            assert not thread.is_alive()


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.end()


def test_a_job_works_while_another_one_waits_aside(jobs):
    entered, answered = threading.Event(), threading.Event()

    def waits() -> None:
        with caller().aside():
            entered.set()
            assert answered.wait(SOON)
        jobs.order.append("has its answer")

    def works() -> None:
        jobs.order.append("works")
        answered.set()

    jobs.start(waits, urgent=True)
    assert entered.wait(SOON)
    jobs.start(works, urgent=True)
    jobs.end()
    assert jobs.order == ["works", "has its answer"]


def test_two_jobs_never_work_at_once(jobs):
    inside, most = [], []

    def work() -> None:
        for _ in range(200):
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            with caller().aside():
                pass

    for number in range(4):
        jobs.start(work, urgent=number % 2 == 0)
    jobs.end()
    assert set(most) == {1}


def test_a_job_that_nobody_waits_for_stands_still_while_there_is_an_urgent_one(jobs):
    began, come, asked = threading.Event(), threading.Event(), threading.Event()

    def long() -> None:
        began.set()
        assert come.wait(SOON)
        jobs.turn_of["long"].give_way()
        jobs.order.append("long")

    def urgent() -> None:
        with caller().aside():  # its server takes a while: the long one goes on waiting
            assert asked.wait(SOON)
        jobs.order.append("urgent")

    jobs.start(long, urgent=False)
    assert began.wait(SOON)
    jobs.start(urgent, urgent=True)
    jobs.wait_for(lambda: any(turn.urgent for turn in jobs.turns._jobs))
    come.set()
    asked.wait(0.1)
    asked.set()
    jobs.end()
    assert jobs.order == ["urgent", "long"]


def test_a_job_that_fails_gives_its_turn_back(jobs):
    with pytest.raises(ValueError, match="broken"), jobs.turns.job(urgent=True):
        raise ValueError("broken")
    with pytest.raises(ValueError, match="broken"), jobs.turns.job(urgent=False), caller().aside():
        raise ValueError("broken")
    with jobs.turns.job(urgent=False):
        assert not caller().urgent


def test_an_index_that_an_urgent_job_makes_gives_way_to_a_query(jobs):
    begun, come = threading.Event(), threading.Event()

    def builds() -> None:
        with caller().preparing():
            begun.set()
            assert come.wait(SOON)
            jobs.turn_of["builds"].give_way()
            jobs.order.append("index")
        jobs.order.append("its own query")

    jobs.start(builds, urgent=True)
    assert begun.wait(SOON)
    jobs.start(lambda: jobs.order.append("a query"), urgent=True)
    jobs.wait_for(lambda: len(jobs.turns._jobs) == 2)
    come.set()
    jobs.end()
    assert jobs.order == ["a query", "index", "its own query"]


def test_an_index_that_somebody_waits_for_goes_before_work_that_nobody_looks_at(jobs):
    begun, come = threading.Event(), threading.Event()

    def unseen() -> None:
        begun.set()
        assert come.wait(SOON)
        jobs.turn_of["unseen"].give_way()
        jobs.order.append("unseen")

    def builds() -> None:
        with caller().preparing():
            jobs.order.append("index")

    jobs.start(unseen, urgent=False)
    assert begun.wait(SOON)
    jobs.start(builds, urgent=True)
    jobs.wait_for(lambda: len(jobs.turns._jobs) == 2)
    come.set()
    jobs.end()
    assert jobs.order == ["index", "unseen"]


def test_a_job_that_makes_what_others_wait_for_is_as_urgent_as_they_are(jobs):
    """Else the two would wait for each other: the index for the query, and the query for the index."""
    begun, made, waits = threading.Event(), threading.Event(), threading.Event()
    maker = []

    def unseen() -> None:
        maker.append(caller())
        with caller().preparing():
            begun.set()
            assert waits.wait(SOON)
            jobs.turn_of["unseen"].give_way()
            made.set()

    def query() -> None:
        with caller().aside(), caller().preparing(), maker[0].wanted():
            assert made.wait(SOON)
        jobs.order.append("query")

    jobs.start(unseen, urgent=False)
    assert begun.wait(SOON)
    jobs.start(query, urgent=True)
    jobs.wait_for(lambda: len(jobs.turns._jobs) == 2)
    waits.set()
    jobs.end()
    assert jobs.order == ["query"]


def test_who_waits_for_long_says_so_and_can_be_stopped_there(jobs):
    heard = []

    def standing(stands: bool) -> None:
        heard.append(stands)
        raise InterruptedError("stopped")

    def waits() -> None:
        with pytest.raises(InterruptedError), jobs.turns.job(True, standing):
            heard.append("worked")

    with jobs.turns.job(urgent=True):
        thread = threading.Thread(target=waits)
        thread.start()
        thread.join(SOON)
        assert heard == [True]
        assert jobs.turns._taken  # the one that was stopped has not given another's turn away
    with jobs.turns.job(urgent=False):
        assert not caller().urgent
