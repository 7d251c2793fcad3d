"""What the whole set says of each system: the same queries for all, failures out, holes counted."""

from __future__ import annotations

from math import log2

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.losses import system_losses
from rerank_core.experiment.summary import not_compared_alike, summarise
from tests.support.whole_sets import whole_set

NDCG, RR = parse_measure("nDCG@10"), parse_measure("RR@10")
QRELS = {"q1": {"a": 1, "b": 0}, "q2": {"a": 0, "b": 1}, "q3": {"a": 1}}
SECOND = 1 / log2(3)


def one_of(summary, system):
    return next(one for one in summary.systems if one.system == system)


def test_means_and_deltas_are_over_the_queries_that_every_system_ranked():
    orders = {"A": {"q1": "ab", "q2": "ab", "q3": "ab"}, "B": {"q1": "ba", "q2": "ba"}}
    found = summarise(whole_set(QRELS, orders), [NDCG, RR], "A", 3)
    assert (found.qids, found.graded) == (("q1", "q2"), 3)
    assert one_of(found, "A").values == {NDCG: pytest.approx((1 + SECOND) / 2), RR: pytest.approx((1 + 1 / 2) / 2)}
    compared = one_of(found, "B").comparison
    assert compared.deltas == {"q1": pytest.approx(SECOND - 1), "q2": pytest.approx(1 - SECOND)}
    assert (compared.system, compared.baseline, compared.measure) == ("System B", "System A", "nDCG@10")
    assert one_of(found, "B").waiting == 1
    assert found.per_query["B"] == {"q1": pytest.approx(SECOND), "q2": 1.0}


def test_a_system_that_failed_everywhere_is_shown_and_in_no_figure():
    orders = {"A": {"q1": "ab", "q2": "ab"}, "B": {"q1": None, "q2": None}}
    found = summarise(whole_set(QRELS, orders), [NDCG], "A", 3)
    broken = one_of(found, "B")
    assert (broken.values, broken.comparison, broken.unjudged) == (None, None, None)
    assert (broken.failed, broken.reason) == (2, "it broke")
    assert found.qids == ("q1", "q2")


def test_a_query_on_which_one_system_failed_is_in_nobodys_mean():
    orders = {"A": {"q1": "ab", "q2": "ab"}, "B": {"q1": "ba", "q2": None}}
    found = summarise(whole_set(QRELS, orders), [NDCG], "A", 3)
    assert found.qids == ("q1",)
    assert one_of(found, "A").values == {NDCG: 1.0}
    assert one_of(found, "B").failed == 1


def test_an_empty_ranking_counts_0_and_is_counted():
    orders = {"A": {"q1": "ab"}, "B": {"q1": ""}}
    found = summarise(whole_set(QRELS, orders), [NDCG], "A", 3)
    assert (one_of(found, "B").values, one_of(found, "B").empty) == ({NDCG: 0.0}, 1)


def test_holes_leave_room_between_the_lowest_and_the_highest():
    orders = {"A": {"q3": "ba"}}
    left = one_of(summarise(whole_set(QRELS, orders), [NDCG], "A", 1), "A").unjudged
    # "b" is not graded: as not relevant "a" stands second; as relevant both are in their best places
    assert (left.judged, left.holes, left.condensed) == (1 / 2, 1, 1.0)
    assert (left.ndcg, left.low, left.high) == (pytest.approx(SECOND), pytest.approx(SECOND), pytest.approx(1.0))


def test_without_grades_there_is_no_mean_and_no_comparison_of_it():
    found = summarise(whole_set({}, {"A": {"q1": "ab"}, "B": {"q1": "ba"}}), [NDCG], "A", 3)
    assert (found.graded, found.qids) == (0, ())
    assert one_of(found, "B").values is None
    assert one_of(found, "B").comparison.mean is None


def test_the_level_stands_in_the_name_of_a_binary_measure():
    found = summarise(whole_set(QRELS, {"A": {"q1": "ab"}}), [RR], "A", 3, level=2)
    assert found.headline == "RR(rel=2)@10"


def test_a_ranking_of_other_passages_is_marked_and_its_loss_is_not_split():
    orders = {"A": {"q1": "ab", "q2": "ab"}, "B": {"q1": "za", "q2": "ba"}}
    whole = whole_set(QRELS, orders)
    one = one_of(summarise(whole, [NDCG], "A", 3), "B")
    assert one.off_candidates == 1
    (sentence,) = not_compared_alike(one)
    assert sentence.startswith(
        "System B ranked passages that are not among the candidates, on 1 query: not a fair comparison"
    )
    losses = system_losses(whole, ("q1", "q2"))
    assert (losses["B"].off_candidates, list(losses["B"].queries)) == (1, ["q2"])
    assert losses["A"].off_candidates == 0


def test_the_loss_is_split_between_retrieval_and_ordering():
    qrels = {"q1": {"a": 1, "z": 1}, "q2": {"a": 0}}
    whole = whole_set(qrels, {"A": {"q1": "ba", "q2": "ab"}, "B": {"q1": None}})
    losses = system_losses(whole, ("q1", "q2"))
    ideal = 1 + SECOND
    assert list(losses) == ["A"]
    # q2 has nothing to lose; of q1 "z" was not retrieved, and "a" stands second
    assert losses["A"].n == 1
    assert losses["A"].mean.retrieval == pytest.approx(1 - 1 / ideal)
    assert losses["A"].mean.ordering == pytest.approx((1 - SECOND) / ideal)
    assert losses["A"].mean.actual == pytest.approx(SECOND / ideal)
