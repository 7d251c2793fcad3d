import random

import pytest

from rerank_core.evaluation.bootstrap import mean_interval


def normal_deltas(n, seed=3, mean=0.05, spread=0.2):
    rng = random.Random(seed)
    return [rng.gauss(mean, spread) for _ in range(n)]


def test_an_interval_holds_the_mean_and_says_how_it_was_made():
    deltas = normal_deltas(60)
    found = mean_interval(deltas, seed=5)
    assert found.low < sum(deltas) / 60 < found.high
    assert (found.method, found.confidence, found.seed, found.resamples) == ("BCa", 0.95, 5, 9_999)


def test_equal_seeds_give_equal_intervals_and_others_nearly_so():
    deltas = normal_deltas(60)
    first, again, other = (mean_interval(deltas, seed) for seed in (1, 1, 2))
    assert first == again
    assert (other.low, other.high) != (first.low, first.high)
    assert other.low == pytest.approx(first.low, abs=0.005)


def test_on_many_ordinary_deltas_it_is_the_textbook_interval():
    deltas = normal_deltas(400)
    mean = sum(deltas) / 400
    error = (sum((delta - mean) ** 2 for delta in deltas) / 399) ** 0.5 / 400**0.5
    found = mean_interval(deltas)
    # 1.966 = the 97.5 % point of Student's t with 399 degrees of freedom
    assert found.low == pytest.approx(mean - 1.966 * error, abs=0.1 * error)
    assert found.high == pytest.approx(mean + 1.966 * error, abs=0.1 * error)


def test_turning_the_systems_round_turns_the_interval_round():
    deltas = normal_deltas(40)
    one, other = mean_interval(deltas), mean_interval([-delta for delta in deltas])
    assert other.low == pytest.approx(-one.high, abs=0.01)
    assert other.high == pytest.approx(-one.low, abs=0.01)


def test_few_queries_give_a_wider_interval_than_the_plain_one():
    deltas = normal_deltas(10)
    widened, plain = mean_interval(deltas), mean_interval(deltas, widen=False)
    assert widened.low < plain.low < plain.high < widened.high


@pytest.mark.parametrize("deltas", [[], [0.3]])
def test_fewer_than_two_deltas_have_no_interval(deltas):
    assert mean_interval(deltas) is None


@pytest.mark.parametrize("delta", [0.0, 0.25, -0.1])
def test_deltas_that_are_all_the_same_have_no_width_and_say_so(delta):
    found = mean_interval([delta] * 20)
    assert (found.low, found.high, found.method) == (delta, delta, "constant")


def test_where_bca_is_not_defined_the_percentile_method_takes_over():
    found = mean_interval([0.0, 0.1])
    assert (found.low, found.high, found.method) == (0.0, 0.1, "percentile")


def test_one_query_that_moved_among_many_that_did_not():
    found = mean_interval([0.0] * 59 + [0.4])
    assert found.low == 0.0 < found.high
