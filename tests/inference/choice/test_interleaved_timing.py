"""Works in turn by a made-up clock: the least time of each, and the simplest of what is nearly as fast."""

from __future__ import annotations

import pytest

from rerank_core.inference.choice.interleaved import LEAST_ROUNDS, MOST_ROUNDS, fastest_first, least_seconds


class Clock:
    """Time goes on only where a work says so; `disturbed`: what is added to the calls of these numbers."""

    def __init__(self, disturbed: dict[int, float] | None = None) -> None:
        self.now, self.calls, self._disturbed = 0.0, [], disturbed or {}

    def work(self, name: str, seconds: float):
        def run() -> None:
            self.now += seconds + self._disturbed.get(len(self.calls), 0.0)
            self.calls.append(name)

        return run

    def __call__(self) -> float:
        return self.now


def test_each_has_its_least_time_whatever_else_took_the_machine_in_some_rounds() -> None:
    clock = Clock(disturbed={0: 50.0, 3: 50.0, 14: 50.0, 15: 50.0})
    works = {"slow": clock.work("slow", 1.25), "quick": clock.work("quick", 1.0)}
    assert least_seconds(works, 1000, clock, clock) == {"slow": 1.25, "quick": 1.0}
    assert clock.calls == ["slow", "quick"] * MOST_ROUNDS


def test_what_is_far_slower_twice_is_timed_no_further() -> None:
    # 99 in the first round alone says nothing of the second work
    clock = Clock(disturbed={1: 99.0})
    works = {name: clock.work(name, seconds) for name, seconds in (("far", 2.0), ("near", 1.25), ("first", 1.0))}
    assert least_seconds(works, 1000, clock, clock) == {"far": 2.0, "near": 1.25, "first": 1.0}
    assert clock.calls == ["far", "near", "first"] * 2 + ["near", "first"] * (MOST_ROUNDS - 2)
    alone = Clock()
    least_seconds({"far": alone.work("far", 2.0), "first": alone.work("first", 1.0)}, 1000, alone, alone)
    assert alone.calls == ["far", "first"] * 2


def test_where_the_time_is_up_only_the_fewest_rounds_are_run() -> None:
    clock = Clock()
    least_seconds({"one": clock.work("one", 1.0), "two": clock.work("two", 1.0)}, 0.5, clock, clock)
    assert clock.calls == ["one", "two"] * LEAST_ROUNDS
    assert least_seconds({}, 0.5, clock, clock) == {}


@pytest.mark.parametrize(
    ("rates", "order"),
    [
        ({"simple": 100.0, "middle": 150.0, "other": 200.0}, ["other", "middle", "simple"]),
        # 200 is less than 3 % more than 195
        ({"simple": 100.0, "middle": 195.0, "other": 200.0}, ["middle", "other", "simple"]),
        ({"simple": 198.0, "middle": 195.0, "other": 200.0}, ["simple", "other", "middle"]),
        ({"simple": 1.0}, ["simple"]),
        ({}, []),
    ],
)
def test_the_simplest_of_those_that_are_nearly_as_fast_comes_first(rates: dict[str, float], order: list[str]) -> None:
    assert fastest_first(rates) == order
