"""How long work will still take: by its own pace, less what it stood still."""

from __future__ import annotations

import pytest

from rerank_core.ranking.timing.pace import LEAST_SECONDS, WINDOW_SECONDS, Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(clock)


def test_nothing_is_said_before_a_second_has_been_seen(pace, clock):
    assert pace.seconds_left(0, 100) is None
    clock.now += LEAST_SECONDS / 2
    assert pace.seconds_left(10, 100) is None


def test_the_rest_takes_as_long_per_step_as_the_steps_so_far(pace, clock):
    pace.seconds_left(0, 100)
    clock.now += 5
    assert pace.seconds_left(10, 100) == 45.0  # 90 steps, two a second


def test_steps_that_were_done_before_are_no_sign_of_speed(pace, clock):
    pace.seconds_left(90, 100)
    clock.now += 5
    assert pace.seconds_left(95, 100) == 5.0


def test_time_in_which_it_stood_still_does_not_count(pace, clock):
    pace.seconds_left(0, 100)
    clock.now += 5
    pace.stand(True)
    pace.stand(True)  # it is told again and again
    clock.now += 1000
    pace.stand(False)
    assert pace.seconds_left(10, 100) == 45.0


def test_the_last_seconds_count_as_long_passages_come_first(pace, clock):
    pace.seconds_left(0, 1000)
    for done in range(1, 11):  # one in ten seconds
        clock.now += 10
        pace.seconds_left(done, 1000)
    for done in range(20, 20 + 10 * 50, 10):  # ten a second
        clock.now += 1
        left = pace.seconds_left(done, 1000)
    assert WINDOW_SECONDS < 50
    assert left == pytest.approx((1000 - done) / 10, rel=0.1)


def test_another_total_is_another_piece_of_work(pace, clock):
    pace.seconds_left(0, 10)
    clock.now += 5
    pace.seconds_left(10, 10)
    assert pace.seconds_left(10, 500) is None
    clock.now += 4
    assert pace.seconds_left(50, 500) == 45.0


def test_work_of_unknown_length_has_no_end_in_sight(pace, clock):
    pace.seconds_left(0, 0)
    clock.now += 60
    assert pace.seconds_left(0, 0) is None
