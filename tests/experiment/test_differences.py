"""Queries in the order of how much the systems differ there."""

from __future__ import annotations

from math import log2

import pytest

from rerank_core.evaluation.difference import rbo, tau_ap
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.differences import differences, most_different_first
from rerank_core.experiment.summary import summarise
from tests.support.whole_sets import whole_set

QRELS = {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"z": 1}}
ORDERS = {
    "A": {"q1": "abc", "q2": "abc", "q3": "abc"},
    "B": {"q1": "bac", "q2": "acb", "q3": "cba"},
    "C": {"q1": "abc", "q2": "bca", "q3": "abc"},
    "D": {"q1": None, "q2": None, "q3": None},
}


def found():
    whole = whole_set(QRELS, ORDERS)
    return differences(whole, summarise(whole, [parse_measure("nDCG@2")], "A", 1))


def test_each_system_that_ranked_is_measured_against_the_baseline():
    assert set(found()) == {"B", "C"}
    one = found()["B"]["q1"]
    assert one.delta == pytest.approx(1 / log2(3) - 1)
    assert one.rbo == pytest.approx(rbo("abc", "bac"))
    assert one.tau_ap == pytest.approx(tau_ap("abc", "bac"))
    assert one.jaccard == 1.0
    assert found()["B"]["q2"].jaccard == 1 / 3


def test_the_order_depends_on_what_is_asked():
    own = [found()["B"]]
    # only q1 changes the measure; q3 is turned round; q2 has the most other passages in its top two, as q3 has
    assert most_different_first(own, "delta") == ["q1", "q2", "q3"]
    assert most_different_first(own, "tau_ap")[0] == "q3"
    assert most_different_first(own, "jaccard") == ["q2", "q3", "q1"]


def test_of_several_systems_the_mean_counts():
    # deltas: B changes q1 by 1 - 1/log2(3), C changes q2 by 1 (a falls out of the top two)
    assert most_different_first(found().values(), "delta") == ["q2", "q1", "q3"]


def test_rankings_that_share_nothing_to_order_come_last():
    whole = whole_set({"q1": {"a": 1}, "q2": {"a": 1}}, {"A": {"q1": "a", "q2": "ab"}, "B": {"q1": "a", "q2": "ab"}})
    own = differences(whole, summarise(whole, [parse_measure("nDCG@2")], "A", 1))
    assert own["B"]["q1"].distance("tau_ap") is None
    assert most_different_first(own.values(), "tau_ap") == ["q2", "q1"]
