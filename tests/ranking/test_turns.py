"""Turns: one job at a time works with the models, and those that somebody waits for go first."""

from __future__ import annotations

import threading

import pytest

from rerank_core.inference.caller import caller
from rerank_core.ranking.turns import Turns

SOON = 20


class Jobs:
    """Jobs in threads, which say when they come to a point and wait there to be let on."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self._threads: list[threading.Thread] = []

    def start(self, work, urgent: bool) -> None:
        def run() -> None:
            with self.turns.job(urgent):
                work()

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

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
        jobs.turns.give_way(urgent=False)
        jobs.order.append("long")

    def urgent() -> None:
        with caller().aside():  # its server takes a while: the long one goes on waiting
            assert asked.wait(SOON)
        jobs.order.append("urgent")

    jobs.start(long, urgent=False)
    assert began.wait(SOON)
    jobs.start(urgent, urgent=True)
    while not jobs.turns._urgent:
        asked.wait(0.005)
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
