from math import sqrt

import pytest

from rerank_core.evaluation.power import detectable_difference, queries_needed


def test_the_detectable_difference_is_the_design_formula():
    # Student's t with 59 degrees of freedom: 2.0010 at 97.5 %, 0.8478 at 80 % (tables)
    assert detectable_difference(0.2, 60) == pytest.approx((2.0010 + 0.8478) * 0.2 / sqrt(60), rel=1e-4)


def test_four_times_the_queries_see_about_half_the_difference():
    assert detectable_difference(0.2, 400) == pytest.approx(detectable_difference(0.2, 100) / 2, rel=0.02)


def test_the_queries_needed_are_the_first_that_detect_the_difference():
    for difference in (0.3, 0.1, -0.1, 0.02):
        n = queries_needed(0.2, difference)
        assert detectable_difference(0.2, n) <= abs(difference)
        assert n == 2 or detectable_difference(0.2, n - 1) > abs(difference)


def test_one_query_detects_nothing():
    assert detectable_difference(0.2, 1) is None
    assert detectable_difference(0.2, 0) is None


def test_no_number_of_queries_shows_a_difference_of_0():
    assert queries_needed(0.2, 0.0) is None
    assert queries_needed(0.2, 1e-300) is None


def test_deltas_without_spread_need_no_more_than_two():
    assert queries_needed(0.0, 0.1) == 2


def test_a_very_small_difference_is_answered_at_once():
    assert queries_needed(0.2, 1e-6) == pytest.approx(((1.95996 + 0.84162) * 0.2 / 1e-6) ** 2, rel=1e-4)
