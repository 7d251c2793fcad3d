"""From where to where the number of grades to come lies: cases by hand, and futures that really unfold."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.judging.next_grade.forecast import ENDS, Goal, forecast, normal_paths

GOAL = Goal(0.95, 0.02, 0)
PATHS = normal_paths(3)


def ahead(counts, left):
    return np.array(counts), np.array(left, dtype=float)


def test_what_is_decided_needs_no_more_grade():
    assert forecast(0.2, *ahead([0, 8], [0.01, 0.0]), GOAL, PATHS) == (0, 0)  # two deviations from 0
    assert forecast(0.0, *ahead([0, 8], [1e-4, 0.0]), GOAL, PATHS) == (0, 0)  # the margin is two deviations


def test_nothing_is_decided_before_the_fewest_grades():
    goal = Goal(0.95, 0.02, 5)
    low, high = forecast(0.2, *ahead([0, 1, 2, 4, 8, 16, 32], [0.0001] * 7), goal, PATHS)
    assert (low, high) == (5, 5)


def test_what_no_grade_decides_takes_all_of_them():
    assert forecast(0.1, *ahead([0, 40], [0.01, 0.01]), GOAL, PATHS) == (40, 40)
    assert forecast(0.1, *ahead([0], [0.01]), GOAL, PATHS) == (0, 0)  # none is left


def test_a_future_that_can_only_go_one_way_is_known_to_the_grade():
    # one deviation off 0, and the 20th of 30 grades takes all the doubt there is
    counts = list(range(31))
    left = [0.01] * 20 + [0.0] * 11
    assert forecast(0.1, *ahead(counts, left), GOAL, PATHS) == pytest.approx((20, 20), abs=2)


@pytest.mark.parametrize("delta", [0.0, 0.03, 0.06])
def test_it_holds_four_times_in_five_where_grades_come_as_foreseen(delta):
    """600 grades that each take the same off the variance, one after the other; the forecast is asked at the start."""
    rng, n, variance = np.random.default_rng(9), 600, 0.05**2
    counts = np.unique([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, n])
    low, high = forecast(delta, counts, variance * (1 - counts / n), GOAL, normal_paths(1), ends=(0.1, 0.9))
    taken = []
    for _ in range(1_000):
        truth, noise = rng.normal(delta, np.sqrt(variance)), rng.standard_normal(n) * np.sqrt(variance / n)
        # a bridge from what is expected now to what is true
        walk = np.concatenate(([0.0], np.cumsum(noise)))
        share = np.arange(n + 1) / n
        means = delta + (truth - delta) * share + walk - walk[-1] * share
        spread = np.sqrt(np.maximum(variance * (1 - share), 1e-18))
        over = (np.abs(means) > 1.644854 * spread) | (np.abs(means) + 1.644854 * spread < GOAL.margin)
        taken.append(int(over.argmax()))
    held = np.mean([low <= one <= high for one in taken])
    assert held == pytest.approx(0.8, abs=0.06)
    assert low < np.median(taken) < high
    narrower = forecast(delta, counts, variance * (1 - counts / n), GOAL, normal_paths(1))
    assert low <= narrower[0] <= narrower[1] <= high
    assert ENDS[0] > 0.1
    assert ENDS[1] < 0.9
