import random
from itertools import product

import pytest

from rerank_core.evaluation.randomisation import holm, randomisation_p


def by_counting(deltas):
    sums = [
        sum(sign * delta for sign, delta in zip(signs, deltas, strict=True))
        for signs in product([1, -1], repeat=len(deltas))
    ]
    return sum(abs(total) >= abs(sum(deltas)) - 1e-12 for total in sums) / len(sums)


def test_five_wins_of_five_are_two_of_thirty_two_flips():
    assert randomisation_p([0.1, 0.2, 0.3, 0.4, 0.5]) == 2 / 32


@pytest.mark.parametrize("n", [1, 2, 6, 10])
def test_few_deltas_are_counted_out(n):
    rng = random.Random(n)
    deltas = [rng.choice([-0.3, -0.1, 0.1, 0.2, 0.5]) for _ in range(n)]
    assert randomisation_p(deltas) == by_counting(deltas)


def test_ties_change_nothing():
    deltas = [0.1, -0.2, 0.4, 0.3]
    assert randomisation_p([*deltas, *[0.0] * 100]) == randomisation_p(deltas)


def test_sampling_comes_near_to_counting():
    rng = random.Random(4)
    deltas = [rng.gauss(0.05, 0.2) for _ in range(16)]
    exact = randomisation_p(deltas)
    # one more delta, too small to matter, makes it sample; 4 standard errors of 10,000 draws
    sampled = randomisation_p([*deltas, 1e-9], seed=1)
    assert sampled == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 10_000) ** 0.5)


def test_a_sampled_p_is_seeded_and_never_0():
    deltas = [0.1] * 60
    assert randomisation_p(deltas, seed=1) == randomisation_p(deltas, seed=1) == 1 / 10_001
    mixed = [random.Random(9).gauss(0.02, 0.2) for _ in range(1)] + [0.1, -0.1] * 20 + [0.05]
    assert randomisation_p(mixed, seed=1) != randomisation_p(mixed, seed=2)


def test_rounding_does_not_hide_sums_that_are_equal():
    # 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1 in floating point; all 8 flips but the mixed ones reach it
    assert randomisation_p([0.1, 0.2, 0.3]) == 2 / 8
    assert randomisation_p([0.1, 0.2, -0.3]) == 1.0


def test_no_difference_at_all_is_a_p_of_1_and_no_queries_none():
    assert randomisation_p([0.0] * 30) == 1.0
    assert randomisation_p([]) is None


def test_holm_multiplies_the_smallest_most_and_never_falls():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 3 * 0.01, "b": 2 * 0.03, "c": 2 * 0.03})


def test_holm_stops_at_1_and_leaves_one_alone():
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({"a": 0.04}) == {"a": 0.04}
    assert holm({}) == {}
