"""Costs as formulas: on a GPU, and where it meets a service."""

from __future__ import annotations

import math

import pytest

from rerank_core.errors import SettingsError
from rerank_core.evaluation.cost import break_even, capacity, cost_on_gpu


def test_a_gpu_costs_its_hour_over_the_queries_that_it_answers_in_it():
    assert capacity(0.5) == 3600 / 0.5
    # $3.60 an hour at 1 s a query: 0.1 cent a query, $1 for 1,000
    assert cost_on_gpu(3.6, 1.0) == pytest.approx(1000 * 3.6 / 3600)


def test_they_are_equal_at_the_break_even():
    found = break_even(service_per_1000=2.0, price_an_hour=4.0, seconds_a_query=0.1)
    assert found.queries_an_hour == pytest.approx(4.0 / (2.0 / 1000))
    assert found.capacity == pytest.approx(36_000)
    assert found.reachable
    # in that hour the service costs just what the GPU costs
    assert found.queries_an_hour * 2.0 / 1000 == pytest.approx(4.0)


def test_a_gpu_that_is_too_slow_never_pays():
    found = break_even(service_per_1000=2.0, price_an_hour=4.0, seconds_a_query=2.0)
    assert (found.queries_an_hour, found.capacity) == (2000.0, 1800.0)
    assert not found.reachable


def test_nothing_is_cheaper_than_a_free_service():
    assert break_even(0.0, 4.0, 0.1) is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_impossible_times_are_refused(seconds):
    with pytest.raises(SettingsError, match="seconds per query"):
        cost_on_gpu(1.0, seconds)


@pytest.mark.parametrize("price", [-1.0, math.nan])
def test_impossible_prices_are_refused(price):
    for call in (lambda: cost_on_gpu(price, 1), lambda: break_even(price, 1, 1)):
        with pytest.raises(SettingsError, match="price"):
            call()
