"""What is checked of a window: by hand where that can be done, and planted faults that have to be found."""

import numpy as np
import pytest

from rerank_core.errors import SettingsError
from rerank_core.monitoring.alerts import parse_budget, replay, watch
from rerank_core.monitoring.drift import score_drift
from rerank_core.monitoring.exact_tests import more_often, over_budget, slower
from rerank_core.monitoring.over_time import over_time
from rerank_core.monitoring.traffic import Windows, parse_reference, split
from tests.support.traffic import DRIFT, FAULTS, OTHER_MODEL, SKIPS, SLOW_TAIL, START, columns, draw_requests


def requests(*scores):
    found = np.empty(len(scores), dtype=object)
    for place, own in enumerate(scores):
        found[place] = np.array(own, dtype=np.float32)
    return found


def test_a_median_over_budget_is_a_question_of_coins():
    # 9 of 10 over the budget: with a fair coin 11 of 1,024 ways
    assert over_budget([300] * 9 + [100], 0.5, 200) == pytest.approx(11 / 1024)
    assert over_budget([100] * 10, 0.5, 200) == 1.0


def test_slower_counts_the_orders_of_old_and_new():
    # of the 10 orders of three old and two new times, 3 have both new ones above the old median
    p, was, now = slower([10, 20, 30], [25, 40], 0.5)
    assert (p, was, now) == (pytest.approx(3 / 10), 20, 32.5)
    assert slower([10, 20, 30], [20, 20], 0.5)[0] == 1.0  # equal is not above
    assert slower([], [1.0], 0.5)[0] == 1.0


def test_more_often_is_fishers_tea_taster():
    assert more_often(1, 4, 3, 4) == pytest.approx(17 / 70)
    assert more_often(0, 0, 3, 4) == 1.0


def test_the_distance_is_the_area_between_the_two_curves_in_standard_deviations():
    reference, now = requests(*[[0]] * 50, *[[1]] * 50), requests(*[[1]] * 40)
    # half of the old scores lie one below all new ones, and the old deviation is a half
    drift = score_drift(reference, now, 0.01)
    assert drift.distance == pytest.approx(1.0)
    assert (drift.level_before, drift.level_now, drift.spread_before, drift.spread_now) == (0.5, 1.0, 0.5, 0.0)
    assert drift.distance > drift.threshold
    assert drift.p == pytest.approx(1 / (drift.shuffles + 1))


def test_each_request_weighs_the_same_however_long_its_list():
    drift = score_drift(requests([0, 0, 0, 0], [1]), requests([0], [1, 1, 1]), 0.05)
    assert drift.distance == 0
    assert (drift.level_before, drift.level_now) == (0.5, 0.5)


def test_no_scores_no_drift():
    assert score_drift(requests([]), requests([1]), 0.05) is None
    assert score_drift(requests([1], [1]), requests([1]), 0.05) is None


def test_false_alarms_come_as_often_as_was_asked_though_scores_of_a_request_go_together():
    dice, alarms, naive = np.random.default_rng(0), 0, 0
    for _ in range(200):
        level = dice.normal(0, 1, 110)
        scores = [level[place] + dice.normal(0, 0.3, 10) for place in range(110)]
        alarms += score_drift(requests(*scores[:80]), requests(*scores[80:]), 0.05, stop_early=True).p <= 0.05
        single = [[one] for own in scores for one in own]  # as if every score were a request of its own
        naive += score_drift(requests(*single[:800]), requests(*single[800:]), 0.05, stop_early=True).p <= 0.05
    assert 3 <= alarms <= 19  # binomial(200, 0.05): 99.9 % lie between
    assert naive > 80


@pytest.fixture(scope="module")
def reference():
    return columns(draw_requests(4_000, seed=1))


def test_a_quiet_window_has_no_alert(reference):
    watched = watch(Windows(columns(draw_requests(500, seed=2)), reference), {"p95": 120}, stop_early=True)
    assert watched.alerts == ()
    assert {one.what for one in watched.checks} >= {"scores moved", "p99 slower", "p95 over budget", "skipped"}
    limits = {one.limit for one in watched.checks}
    assert limits == {0.01 / len(watched.checks)}  # what is a matter of chance shares the rate


@pytest.mark.parametrize(
    ("fault", "what"),
    [(DRIFT, "scores moved"), (SLOW_TAIL, "p99 slower"), (SKIPS, "skipped"), (OTHER_MODEL, "scores moved")],
)
def test_a_planted_fault_is_found_and_named(reference, fault, what):
    assert fault in FAULTS
    now = columns(draw_requests(500, seed=3, fault=fault, since=0))
    assert what in {one.what for one in watch(Windows(now, reference), stop_early=True).alerts}


def test_another_key_behind_the_name_needs_no_chance(reference):
    now = columns(draw_requests(60, seed=4))
    now.made_of[30:] = "k2"
    (alert,) = [one for one in watch(Windows(now, reference), stop_early=True).alerts if one.p is None]
    assert alert.what == "made of something else"
    assert "k2, and was k1 (30 requests)" in alert.sentence


def test_a_budget_that_is_passed_is_an_alert(reference):
    now = columns(draw_requests(500, seed=5))
    alerts = watch(Windows(now, reference), parse_budget("p95=50, p50=30"), stop_early=True).alerts
    assert {one.what for one in alerts} == {"p95 over budget", "p50 over budget"}
    assert "the budget is 50 ms" in " ".join(one.sentence for one in alerts)


def test_too_few_requests_are_said_and_not_judged(reference):
    watched = watch(Windows(columns(draw_requests(20, seed=6)), reference))
    assert (watched.checks, watched.silent) == ((), ("mini: 20 requests in the window, 30 are needed.",))


def test_a_replay_looks_again_and_again(reference):
    seen = [end for end, _ in replay(columns(draw_requests(700, seed=8)), 200, reference, 0.01)]
    assert seen == [200, 400, 600]


def test_windows_by_number_by_time_and_by_date():
    traffic = columns(draw_requests(240, seed=1))  # one every 6 minutes
    assert (len(split(traffic, "100").now), len(split(traffic, "100").reference)) == (100, 140)
    assert len(split(traffic, "1h").now) == 11
    held = split(traffic, "1h", "2026-11-01T01:00..2026-11-01T02:00")
    assert len(held.reference) == 10
    assert split(traffic, "1h", "..2026-11-01").reference.at.size == 0
    assert parse_reference("2026-11-01..")[0] == START


@pytest.mark.parametrize("text", ["", "0", "1y", "-5", "soon"])
def test_what_is_no_window(text):
    with pytest.raises(SettingsError):
        split(columns(draw_requests(40, seed=1)), text)


@pytest.mark.parametrize("text", ["2026-11-01", "..", "x..y", "2026-11-02..2026-11-01"])
def test_what_is_no_reference(text):
    with pytest.raises(SettingsError):
        parse_reference(text)


@pytest.mark.parametrize("text", ["p95", "p90=3", "p95=x", "p95=-1", "p95=nan"])
def test_what_is_no_budget(text):
    with pytest.raises(SettingsError):
        parse_budget(text)


def test_steps_of_time():
    steps = over_time(columns(draw_requests(240, seed=1)), 3_600)
    assert [step.requests for step in steps] == [10] * 24
    assert steps[0].outcomes == {"reranked": 10, "skipped": 0, "failed": 0, "listed": 0}
    assert steps[0].p50 < steps[0].p95 < steps[0].p99
    assert over_time(columns([])) == []
