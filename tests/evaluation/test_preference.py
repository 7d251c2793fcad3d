"""Blind votes: a query counts once, and the interval is Wilson's."""

from __future__ import annotations

from math import sqrt

import pytest

from rerank_core.evaluation.preference import tally


def wilson(wins: int, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    share = wins / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - half, middle + half


def test_no_votes_say_nothing():
    found = tally([])
    assert (found.votes, found.queries, found.share, found.low, found.high) == (0, 0, None, None, None)
    assert not found.is_sure


def test_even_votes_are_counted_and_decide_nothing():
    found = tally([("q1", "same"), ("q2", "one"), ("q2", "other")])
    assert (found.votes, found.queries, found.same, found.share) == (3, 2, 2, None)


def test_a_query_counts_once_however_many_vote_on_it():
    found = tally([("q1", "one")] * 9 + [("q2", "other")])
    assert (found.votes, found.one, found.other, found.share) == (10, 1, 1, 1 / 2)


def test_most_voters_decide_a_query():
    assert tally([("q1", "one"), ("q1", "other"), ("q1", "other")]).other == 1
    assert tally([("q1", "one"), ("q1", "same")]).one == 1


def test_the_interval_is_wilsons():
    found = tally([(f"a{n}", "one") for n in range(8)] + [(f"b{n}", "other") for n in range(2)])
    assert found.share == 8 / 10
    assert (found.low, found.high) == pytest.approx(wilson(8, 10))
    assert not found.is_sure  # 0.49 to 0.94
    assert tally([(f"a{n}", "one") for n in range(9)] + [("b", "other")]).is_sure
