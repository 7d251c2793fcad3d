"""The pool, each judge's own order in it, and the share that all judges grade."""

from __future__ import annotations

import itertools
import math

import pytest

from rerank_core.judging.pool import in_overlap, pool, shuffled

ONE = {"q1": ["a", "b", "c"], "q2": ["d"]}
OTHER = {"q1": ["c", "e", "f"]}
WIDE = {f"q{number}": {f"d{place}": place for place in range(1, 31)} for number in range(20)}


def test_the_pool_is_what_any_system_has_in_its_first_k_with_its_best_rank():
    assert pool([ONE, OTHER], 2) == {"q1": {"a": 1, "b": 2, "c": 1, "e": 2}, "q2": {"d": 1}}


def test_a_judges_order_is_always_the_same_and_another_judges_is_not():
    assert shuffled(WIDE, "ann") == shuffled(WIDE, "ann")
    assert shuffled(WIDE, "ann") != shuffled(WIDE, "bob")
    assert sorted(shuffled(WIDE, "ann")) == sorted((qid, docid) for qid in WIDE for docid in WIDE[qid])


def test_the_passages_of_a_query_stay_together():
    queries = [qid for qid, _ in shuffled(WIDE, "ann")]
    changes = sum(one != other for one, other in itertools.pairwise(queries))
    assert changes == len(WIDE) - 1


def test_rank_and_place_in_the_queue_have_nothing_to_do_with_each_other():
    ranks = [WIDE[qid][docid] for qid, docid in shuffled(WIDE, "ann")]
    places = [at % 30 + 1 for at in range(len(ranks))]
    mean = sum(ranks) / len(ranks)
    covariance = sum((rank - mean) * (place - 15.5) for rank, place in zip(ranks, places, strict=True)) / len(ranks)
    correlation = covariance / ((30**2 - 1) / 12)
    # of 600 independent places: within four standard errors of nought
    assert abs(correlation) < 4 / math.sqrt(600)


def test_what_comes_into_the_pool_later_leaves_the_others_in_their_order():
    larger = {**WIDE, "q0": {**WIDE["q0"], "new": 1}, "new query": {"x": 1}}
    assert [pair for pair in shuffled(larger, "ann") if pair in set(shuffled(WIDE, "ann"))] == shuffled(WIDE, "ann")


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_the_overlap_is_about_the_share_that_was_asked_for(share):
    pairs = shuffled(WIDE, "ann")
    found = sum(in_overlap("data", *pair, share) for pair in pairs)
    assert abs(found - share * len(pairs)) <= 4 * math.sqrt(share * (1 - share) * len(pairs))


def test_a_larger_overlap_holds_the_smaller_one():
    small = {pair for pair in shuffled(WIDE, "ann") if in_overlap("data", *pair, 0.2)}
    assert small == {pair for pair in small if in_overlap("data", *pair, 0.3)}
    assert small != {pair for pair in shuffled(WIDE, "ann") if in_overlap("other data", *pair, 0.2)}
