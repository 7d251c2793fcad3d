"""When grading may stop, about how many grades that takes, and what the random share has to say."""

from __future__ import annotations

from itertools import pairwise
from math import log2

import numpy as np
import pytest

from rerank_core.errors import SettingsError
from rerank_core.judging.next_grade.grade_prior import GradePrior
from rerank_core.judging.next_grade.ideal import Ideal
from rerank_core.judging.next_grade.next_grade import NextGrade
from rerank_core.judging.next_grade.outlook import Evidence, outlook_of_delta
from rerank_core.judging.next_grade.pair_table import pair_table
from rerank_core.judging.next_grade.stopping import variances_ahead
from rerank_core.judging.next_grade.worth import worths
from tests.support.drawn_worlds import COIN, shuffled_systems

MARGIN = 0.02


def clear_case(queries=25):
    """b has the two relevant passages on top, a at the bottom."""
    docids = [f"d{number}" for number in range(12)]
    a = {f"q{number}": docids for number in range(queries)}
    b = {f"q{number}": docids[::-1] for number in range(queries)}
    return a, b, {qid: {docid: 3 if docid in ("d10", "d11") else 0 for docid in docids} for qid in a}


def test_a_clear_case_is_decided_soon_but_never_on_a_handful_of_grades():
    a, b, truth = clear_case()
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    pool = [(qid, docid) for qid in a for docid in a[qid]]
    stops = []
    for turn in range(30):
        (now,) = chooser.turns(1, pool, turn=turn)
        chooser.observe(now.qid, now.docid, truth[now.qid][now.docid], now.rule == "random")
        stops.append(chooser.standing(MARGIN))
    assert not any(one.may_stop for one in stops[:19])
    assert "too few" in stops[10].reason
    assert stops[10].p_better > 0.95
    assert stops[10].more == (20 - 11, 20 - 11)
    assert stops[-1].may_stop
    assert (stops[-1].word, stops[-1].more, stops[-1].grades) == ("better", (0, 0), 30)


def test_more_certainty_takes_more_grades():
    a, b = shuffled_systems(6, queries=30)
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    chooser.set_grades({qid: {a[qid][0]: 1, b[qid][0]: 1} for qid in list(a)[:15]})
    more = [chooser.standing(MARGIN, confidence=one).more for one in (0.8, 0.9, 0.95, 0.99)]
    for end in (0, 1):
        assert all(fewer[end] < many[end] for fewer, many in pairwise(more))
    none, half = (chooser.standing(MARGIN, random_share=one).more for one in (0.0, 0.5))
    assert half == pytest.approx((2 * none[0], 2 * none[1]), abs=1)
    assert chooser.standing(MARGIN, random_share=1.0).more is None


def test_every_grade_takes_its_own_part_off_the_variance_that_is_left():
    # 40 queries alike, in which one toss of a coin decides: x and y change places, and y is graded
    a, b = {f"q{n}": ["x", "y"] for n in range(40)}, {f"q{n}": ["y", "x"] for n in range(40)}
    table, ideal = pair_table(a, b, 10), Ideal(np.array([0.0, 1.0]), 10)
    y = np.array([row for (_, docid), row in table.rows.items() if docid == "y"])
    index = np.full(len(table.query), -1)
    index[y] = 0
    fitted = GradePrior(table, 1, COIN).fit(y, index[y])
    seen = outlook_of_delta(table, Evidence(index, np.zeros((40, 1))), fitted, ideal)
    counts, left = variances_ahead(table, seen, fitted, worths(table, seen, fitted))
    assert counts.tolist() == [0, 1, 2, 4, 8, 16, 32, 40]
    # each delta is 0 or -(1 - 1 / log2(3)), and the mean is over 40
    one = ((1 - 1 / log2(3)) / 40) ** 2 / 4
    assert left == pytest.approx(one * (40 - counts))


def test_two_that_differ_by_less_than_the_margin_are_equal_and_grading_may_stop():
    a, _, truth = clear_case()
    # the other differs from a on one query of 25, and there by two passages at ranks 9 and 10
    near = {**a, "q0": [*a["q0"][:8], "d8", "d10", "d9", "d11"]}
    chooser = NextGrade(a, near, (0, 1, 2, 3))
    chooser.set_grades({qid: {"d0": truth[qid]["d0"], "d11": 3} for qid in a})
    now = chooser.standing(MARGIN)
    assert (now.word, now.may_stop, now.more) == ("equal", True, (0, 0))
    assert now.claimed == now.p_equal >= 0.95
    assert "less than 0.02" in now.reason
    # for whom far less matters, it is open
    assert chooser.standing(1e-6).word == "open"
    with pytest.raises(SettingsError):
        chooser.standing(0.0)


def test_a_random_share_that_the_prior_does_not_predict_stops_the_stopping():
    a, b, truth = clear_case()
    chosen = {qid: {"d11": 3, "d0": 0} for qid in a}
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    drawn = {(qid, docid) for qid in list(a)[:6] for docid in ("d1", "d2", "d9", "d10")}
    grades = {qid: dict(own) for qid, own in chosen.items()}
    for qid, docid in drawn:
        grades[qid][docid] = truth[qid][docid]
    chooser.set_grades(grades, random=drawn)
    fair = chooser.random_check()
    assert (fair.n, fair.biased) == (24, False)
    # what the chosen ones say of the order is turned round in the random ones
    for qid, docid in drawn:
        grades[qid][docid] = 3 if docid in ("d1", "d2") else 0
    chooser.set_grades(grades, random=drawn)
    check = chooser.random_check()
    assert check.biased
    alone = NextGrade(a, b, (0, 1, 2, 3))
    alone.set_grades(chosen)
    predicted = [grade * chance for pair in drawn for grade, chance in alone.chances(*pair).items()]
    assert check.expected == pytest.approx(sum(predicted) / len(drawn))
    assert check.z_delta < -3
    assert check.found == pytest.approx(3 / 2)
    assert not chooser.standing(MARGIN).may_stop
    chooser.set_grades(grades)
    assert chooser.random_check().biased is None


def test_few_random_grades_say_nothing():
    a, b, truth = clear_case()
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    drawn = [("q0", docid) for docid in a["q0"][:9]]
    chooser.set_grades({"q0": truth["q0"]}, random=drawn)
    check = chooser.random_check()
    assert (check.n, check.expected, check.z_gain, check.z_delta, check.biased) == (9, None, None, None, None)
