"""Since when the model behind a name is another one: which looks it changed between, and what counts as the same."""

from __future__ import annotations

import pytest

from rerank_core.monitoring.canary import compare_scores, last_check
from rerank_core.store.traffic_canaries import Canary, CanaryPair

THEN = (0.0, 1.0, 2.0, 3.0)
CANARY = Canary(1, "mini", "made of", 1e-4, (CanaryPair("q", "t"),) * 4, {"mini": THEN}, "2026-11-01T03:17:00+00:00")
SPREAD = 1.25**0.5  # of 0, 1, 2, 3


def day(number: int) -> str:
    return f"2026-11-{number:02}T03:17:00+00:00"


def looks(*shifts: float) -> list:
    return [(day(2 + n), {"mini": [score + shift for score in THEN]}) for n, shift in enumerate(shifts)]


def test_nothing_looked_at_is_no_answer():
    assert last_check(CANARY, [], "made of") is None


def test_rounding_is_the_same_model():
    checked = last_check(CANARY, looks(0.0, 0.009 * SPREAD), "made of")
    assert not checked.has_changed
    assert (checked.since, checked.looked) == (CANARY.at, day(3))
    assert checked.sentence().startswith("mini: the model is the one of 2026-11-01; the largest difference is 0.01006")


def test_the_change_lies_between_the_last_same_and_the_first_other_look():
    checked = last_check(CANARY, looks(0.0, 0.0, 0.5, 0.6), "made of")
    assert checked.has_changed
    assert (checked.since, checked.at, checked.looked) == (day(3), day(4), day(5))
    assert (checked.worst.largest, checked.worst.mean) == (pytest.approx(0.6), pytest.approx(0.6))
    assert checked.worst.correlation == pytest.approx(1.0)
    said = "changed between 2026-11-03 03:17 and 2026-11-04 03:17: scores of the same pairs are up to 0.600 away"
    assert said in checked.sentence()


def test_a_model_that_came_back_is_the_same_again_and_a_later_change_counts_anew():
    assert not last_check(CANARY, looks(0.5, 0.0), "made of").has_changed
    again = last_check(CANARY, looks(0.5, 0.0, 0.7), "made of")
    assert (again.since, again.at) == (day(3), day(4))


def test_five_times_what_two_scorings_differed_by_is_the_same():
    noisy = Canary(1, "mini", "", 0.1, CANARY.pairs, CANARY.scores, CANARY.at)
    assert not last_check(noisy, looks(0.49), "").has_changed
    assert last_check(noisy, looks(0.51), "").has_changed


def test_other_settings_here_are_said_beside_it():
    assert "other settings or another revision here too" in last_check(CANARY, looks(0.5), "something else").sentence()
    assert "other settings" not in last_check(CANARY, looks(0.5), "made of").sentence()


def test_a_look_of_other_models_or_other_pairs_says_nothing():
    other = [(day(2), {"maxi": THEN}), (day(3), {"mini": THEN[:3]})]
    assert last_check(CANARY, other, "made of") is None
    assert last_check(CANARY, [*looks(0.5), *other], "made of").looked == day(2)


def test_without_any_spread_there_is_no_correlation():
    (change,) = compare_scores(CANARY, {"mini": [1.0] * 4})
    assert change.correlation is None
    assert change.has_changed
