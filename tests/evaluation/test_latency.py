"""Percentiles of times that a person can check, cold and warm apart."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.latency import STAGES, Timed, latencies


def test_percentiles_lie_on_the_line_between_the_two_nearest_times():
    # 1 to 5 s: p sits at place 4 * p / 100 from 0
    (found,) = latencies("score", [Timed(float(second), False, 10) for second in (5, 3, 1, 2, 4)])
    assert (found.n, found.mean, found.p50) == (5, 15 / 5, 3.0)
    assert found.p95 == pytest.approx(4 + 0.8)
    assert found.p99 == pytest.approx(4 + 0.96)


def test_cold_and_warm_and_not_known_are_never_mixed():
    timed = [Timed(9.0, True, 1), Timed(1.0, False, 1), Timed(3.0, False, 1), Timed(7.0, None, 1)]
    found = {one.warmth: one for one in latencies("score", timed)}
    assert list(found) == ["cold", "warm", "not known"]
    assert [one.p50 for one in found.values()] == [9.0, (1 + 3) / 2, 7.0]
    assert [one.n for one in found.values()] == [1, 2, 1]


def test_pairs_per_second_are_all_pairs_over_all_seconds():
    (found,) = latencies("score", [Timed(2.0, False, 100), Timed(0.5, False, 25)])
    assert found.pairs_per_second == (100 + 25) / (2.0 + 0.5)


def test_no_pairs_or_no_time_give_no_speed():
    assert latencies("retrieve", [Timed(1.0, False, 0)])[0].pairs_per_second is None
    assert latencies("score", [Timed(0.0, False, 5)])[0].pairs_per_second is None


def test_one_query_is_its_own_percentile_and_none_gives_nothing():
    (found,) = latencies("total", [Timed(0.25, True, 4)])
    assert (found.p50, found.p95, found.p99) == (0.25, 0.25, 0.25)
    assert latencies("score", []) == []


def test_every_stage_says_what_was_timed():
    assert list(STAGES) == ["retrieve", "tokenize", "score", "total"]
    assert all(text.endswith(".") for text in STAGES.values())
