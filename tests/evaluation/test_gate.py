"""The gate's rule on both sides of its bound, with intervals that a person can read off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.errors import SettingsError
from rerank_core.evaluation.bootstrap import Interval
from rerank_core.evaluation.compare import compare
from rerank_core.evaluation.gate import gate

TWO = compare({"q1": 0.5, "q2": 0.5}, {"q1": 0.4, "q2": 0.6})


def between(low, high):
    return replace(TWO, mean=(low + high) / 2, interval=Interval(low, high, 0.95, "BCa", 0, 9_999), n=40)


@pytest.mark.parametrize(
    ("low", "high", "plain", "strict"),
    [
        (-0.090, -0.020, False, False),  # the drop is more than 0.01, beyond doubt
        (-0.090, -0.005, True, False),  # it may be more than 0.01, or less
        (-0.090, 0.030, True, False),
        (-0.009, 0.030, True, True),  # more than 0.01 is ruled out
        (0.020, 0.090, True, True),
        (-0.010, 0.030, True, True),  # the bound itself is allowed
        (-0.090, -0.010, True, False),
        (-0.01 - 1e-12, 0.030, True, True),  # rounding is no drop
        (-0.090, -0.01 - 1e-6, False, False),
    ],
)
def test_the_interval_decides(low, high, plain, strict):
    assert gate(between(low, high), 0.01).passed is plain
    assert gate(between(low, high), 0.01, strict=True).passed is strict


def test_the_same_results_pass_also_where_no_drop_at_all_is_allowed():
    same = compare({"q1": 0.5, "q2": 0.7}, {"q1": 0.5, "q2": 0.7})
    assert gate(same, 0.0).passed is True
    assert gate(same, 0.0, strict=True).passed is True


def test_one_query_and_none_cannot_be_judged():
    one = gate(compare({"q1": 0.9}, {"q1": 0.1}), 0.01)
    assert one.passed is None
    assert "one query alone" in one.reason
    assert gate(compare({"q1": 0.9}, {"q2": 0.1}), 0.01).passed is None


def test_the_reason_has_the_numbers():
    found = gate(between(-0.09, -0.02), 0.01).reason
    assert "−0.090 … −0.020" in found
    assert "−0.055 nDCG@10" in found
    assert "40 queries" in found


@pytest.mark.parametrize("drop", [-0.1, float("nan"), float("inf")])
def test_a_drop_that_is_no_drop_is_refused(drop):
    with pytest.raises(SettingsError, match="0 or more"):
        gate(between(0, 0.1), drop)
