"""Equal within a margin: against scipy, by hand, and on samples drawn at the margin."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from rerank_core.errors import SettingsError
from rerank_core.evaluation.compare import compare, compare_all
from rerank_core.evaluation.equivalence import FEWEST, equivalence
from rerank_core.evaluation.verdict import outcome, plain_verdict, verdict

MARGIN = 0.02


def of(deltas, margin: float | None = MARGIN):
    base = {f"q{n}": 0.5 for n in range(len(deltas))}
    return compare(base, {f"q{n}": 0.5 + delta for n, delta in enumerate(deltas)}, margin=margin)


@pytest.mark.parametrize("mean", [0.0, 0.008, -0.012, 0.03])
def test_without_the_guard_it_is_two_one_sided_t_tests(mean):
    deltas = np.random.default_rng(4).normal(mean, 0.05, 60)
    found = equivalence(deltas.tolist(), MARGIN, guard=False)
    below = ttest_1samp(deltas, MARGIN, alternative="less")
    above = ttest_1samp(deltas, -MARGIN, alternative="greater")
    assert found.p_value == pytest.approx(max(below.pvalue, above.pvalue), rel=1e-9)
    interval = ttest_1samp(deltas, 0.0).confidence_interval(0.90)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-12)


def test_the_interval_lies_within_the_margin_where_it_holds():
    rng = np.random.default_rng(5)
    outcomes = set()
    for spread in (0.01, 0.03, 0.05, 0.08, 0.2):
        found = equivalence(rng.normal(0.005, spread, 80).tolist(), MARGIN)
        assert found.holds == (found.low > -MARGIN and found.high < MARGIN)
        outcomes.add(found.holds)
    assert outcomes == {True, False}


def test_the_guard_adds_the_largest_difference_seen_on_the_side_of_each_test():
    # ten deltas of 0.01 and -0.01 in turn: with one more of 0.01 the mean is 0.01 / 11, the sum of squares 11 * 0.0001
    found = equivalence([0.01, -0.01] * 5, MARGIN)
    mean = 0.01 / 11
    error = sqrt((11 * 0.0001 - 11 * mean**2) / 10 / 11)
    t_95 = 1.812461122811676  # Student's t with 10 degrees of freedom, from tables
    assert (found.low, found.high) == pytest.approx((-mean - t_95 * error, mean + t_95 * error), rel=1e-9)


def test_what_a_few_queries_or_equal_deltas_say_is_nothing():
    assert equivalence([0.001, -0.001] * (FEWEST // 2 - 1), MARGIN) is None
    assert equivalence([0.0] * 50, MARGIN) is None
    assert equivalence([0.001] * 50, MARGIN) is None
    assert equivalence([0.001, -0.001] * (FEWEST // 2), MARGIN) is not None


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.5, float("nan"), float("inf")])
def test_a_margin_is_a_difference_that_a_measure_can_have(margin):
    with pytest.raises(SettingsError, match="smallest difference that matters"):
        equivalence([0.1, 0.2] * 10, margin)


def normal(rng, n):
    return rng.normal(MARGIN, 0.05, n)


def skewed(rng, n):
    return MARGIN + 0.05 * (rng.exponential(1, n) - 1)


def heavy(rng, n):
    return MARGIN + 0.03 * rng.standard_t(3, n)


def mostly_ties(rng, n):
    size = 0.3 * rng.uniform(0.2, 1.8, n)
    better = rng.random(n) < (1 + MARGIN / (0.15 * 0.3)) / 2
    return (rng.random(n) < 0.15) * np.where(better, size, -size)


@pytest.mark.parametrize("draw", [normal, skewed, heavy, mostly_ties])
@pytest.mark.parametrize("n", [30, 60, 200])
def test_a_true_difference_of_the_margin_is_called_equal_in_5_of_100_samples_at_the_most(draw, n):
    rng, samples = np.random.default_rng(9), 2_000
    found = [equivalence(draw(rng, n).tolist(), MARGIN) for _ in range(samples)]
    wrong = sum(one is not None and one.holds for one in found) / samples
    assert wrong <= 0.05 + 2 * sqrt(0.05 * 0.95 / samples)  # the rate, and what 2,000 samples may be off it


def test_systems_that_are_alike_are_called_equal_once_there_are_queries_enough():
    rng, samples = np.random.default_rng(10), 300
    rates = [
        sum(equivalence(rng.normal(0, 0.05, n).tolist(), MARGIN).holds for _ in range(samples)) / samples
        for n in (40, 100)
    ]
    assert rates[0] > 0.2
    assert rates[1] > 0.9


def test_the_third_verdict_names_the_margin_and_its_interval():
    found = of([0.011, -0.009] * 40)
    low, high = found.equivalence.low, found.equivalence.high
    assert low < -0.0005 < 0.0005 < high  # so that one is written with a minus, the other with a plus
    assert verdict(found) == (
        f"B and A are equal within your margin of 0.02: +0.001 nDCG@10 (90 % CI −{-low:.3f} … +{high:.3f}, 80 queries, "
        "40 won, 40 lost, 0 tied)."
    )
    assert outcome(found) == "equal"
    assert "Overall the two are equal" in plain_verdict(found)


def test_a_difference_that_is_shown_but_does_not_matter_is_equal_and_says_so():
    found = of([0.004, 0.005] * 40)
    assert outcome(found) == "equal"
    assert verdict(found).endswith("A difference is shown, but it is smaller than your margin.")
    assert outcome(of([0.004, 0.005] * 40, margin=0.001)) == "better"


def test_without_a_margin_nothing_is_equal():
    assert outcome(of([0.004, -0.003] * 40, margin=None)) == "open"


def test_several_systems_share_the_risk():
    rng = np.random.default_rng(3)
    n = 60
    values = {"A": dict.fromkeys(range(n), 0.5)}
    for name in "BCD":
        values[name] = {q: 0.5 + delta for q, delta in enumerate(rng.normal(0, 0.045, n))}
    named = {system: {f"q{q}": value for q, value in own.items()} for system, own in values.items()}
    found = {name: one.equivalence for name, one in compare_all(named, "A", margin=MARGIN).items()}
    raw = sorted(found.values(), key=lambda one: one.p_value)
    assert raw[0].p_holm == pytest.approx(3 * raw[0].p_value)
    assert raw[1].p_holm == pytest.approx(max(2 * raw[1].p_value, raw[0].p_holm))
