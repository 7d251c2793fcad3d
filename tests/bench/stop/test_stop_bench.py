"""`tests.bench stop`, in small: courses worked out by hand, folds that share nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bench.stop.calibration import (
    cross_validated,
    fitted,
    forecasts,
    gap,
    of_other_collections,
    verdict,
    word_at,
)
from tests.bench.stop.courses import Block, Course, Look, course, pairs, parts
from tests.bench.stop.verb import table

LOOK = Look(20, 0.04, 0.02, 0.977, (0, 8, 16), (0.0004, 0.0001, 0.0), False)
"""Two standard deviations off 0."""
OPEN = replace(LOOK, grades=40, delta=0.03, p_better=0.933)
SURE = replace(LOOK, grades=60, delta=0.06, p_better=0.9987)


def one(*looks, truth=0.05, block="x/1", a="a", b="b"):
    return Course(block, a, b, truth, 80, looks)


def test_a_wider_spread_stops_later():
    assert word_at(LOOK, 1.0) == ("better", pytest.approx(0.977, abs=0.001))
    assert word_at(LOOK, 1.5)[0] == "open"  # 2 / 1.5 deviations are 0.909
    assert word_at(replace(LOOK, delta=0.001, spread=0.005, p_better=0.58), 1.0)[0] == "equal"
    course_ = one(LOOK, OPEN, SURE)
    assert (verdict(course_, 1.0).grades, verdict(course_, 1.5).grades) == (20, 60)
    assert verdict(one(OPEN), 1.0).word == "open"


def test_what_the_random_share_speaks_against_does_not_stop():
    assert verdict(one(replace(LOOK, biased=True), SURE), 1.0).grades == 60


def test_the_factor_is_the_smallest_at_which_no_more_is_claimed_than_is_true():
    # at 20 grades every second one is wrong, at 60 all are right
    courses = [one(replace(LOOK, delta=sign * 0.04, p_better=0.5 + sign * 0.477), SURE) for sign in (1, -1)] * 20
    claimed, true, n = gap(courses, 1.0)
    assert (claimed, true, n) == (pytest.approx(0.977, abs=0.001), 0.5, 40)
    wider = fitted(courses)
    assert 2 / wider < 1.645 < 2 / (wider - 0.06)
    assert gap(courses, wider)[1] == 1.0


def test_a_fold_shares_neither_queries_nor_pairs_with_what_it_is_fitted_on(monkeypatch):
    courses = [one(SURE, block=f"x/{part}", a=a, b="z") for part in (1, 2) for a in "abcdef"]
    tested = []

    def note(others):
        tested.append({(course_.block, course_.a) for course_ in others})
        return 1.0

    monkeypatch.setattr("tests.bench.stop.calibration.fitted", note)
    found = cross_validated(courses)
    assert sorted((course_.block, course_.a) for course_, *_ in found) == sorted((c.block, c.a) for c in courses)
    assert len(tested) == 6
    assert all(len(others) == 4 and len({block for block, _ in others}) == 1 for others in tested)


def test_a_new_collection_is_judged_by_the_factor_of_the_others():
    # on x every second look at 20 grades is wrong, so its factor is a large one; on y all are right
    x = [one(replace(LOOK, delta=sign * 0.04, p_better=0.5 + sign * 0.477), SURE) for sign in (1, -1)] * 20
    y = [one(LOOK, SURE, block="y/1")] * 3
    wider = {course_.block: factor for course_, _, factor in of_other_collections([*x, *y])}
    assert wider == {"x/1": fitted(y), "y/1": fitted(x)}
    assert wider["x/1"] == 1.0 < wider["y/1"]


def test_forecasts_are_asked_where_it_is_still_open():
    assert forecasts([one(LOOK)], 1.0) == []
    ((low, high, needed),) = forecasts([one(OPEN, SURE)], 1.0)
    assert needed == 20
    assert 0 < low <= high <= 20  # all 16, and a fifth of the grades is random


def test_a_course_goes_to_where_nothing_changes_any_more():
    docids = [f"d{number}" for number in range(12)]
    runs = {
        "a": {f"q{number}": docids for number in range(12)},
        "b": {f"q{number}": docids[::-1] for number in range(12)},
    }
    qrels = {f"q{number}": {"d11": 3, "d0": 0} for number in range(12)}
    made = parts("x", runs, qrels, 2)
    assert [sorted(block.qrels) for block in made] == [
        ["q0", "q10", "q2", "q4", "q6", "q8"],
        ["q1", "q11", "q3", "q5", "q7", "q9"],
    ]
    block = Block("x", runs, qrels)
    (pair,) = pairs(block, 0, 1)
    found = course(block, *pair, 1)
    # b has the only relevant passage first, a at rank 12
    assert abs(found.truth) == pytest.approx(1.0)
    assert verdict(found, 1.0).right
    rows = table([found, replace(found, block="y/1")])
    assert [row["pairs"] for row in rows] == [2, 1, 1] * 3
