"""When grading may stop, about how many grades that takes, and what the random share has to say."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, floor, log2

import numpy as np
import pytest

from rerank_core.judging.next_grade.grade_prior import GradePrior
from rerank_core.judging.next_grade.ideal import Ideal
from rerank_core.judging.next_grade.next_grade import NextGrade
from rerank_core.judging.next_grade.outlook import Evidence, outlook_of_delta
from rerank_core.judging.next_grade.pair_table import pair_table
from rerank_core.judging.next_grade.stopping import grades_until
from rerank_core.judging.next_grade.worth import worths
from tests.support.drawn_worlds import COIN, shuffled_systems


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
        stops.append(chooser.standing())
    assert not any(one.may_stop for one in stops[:19])
    assert "too few" in stops[10].reason
    assert stops[10].p_better > 0.95
    assert stops[10].more == 20 - 11
    assert stops[-1].may_stop
    assert (stops[-1].p_better > 0.95, stops[-1].more, stops[-1].grades) == (True, 0, 30)


def test_more_certainty_takes_more_grades():
    a, b = shuffled_systems(6, queries=30)
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    chooser.set_grades({qid: {a[qid][0]: 1, b[qid][0]: 1} for qid in list(a)[:15]})
    more = [chooser.standing(confidence=one).more for one in (0.8, 0.9, 0.95, 0.99)]
    assert all(fewer < many for fewer, many in pairwise(more))
    assert chooser.standing(random_share=0.5).more == pytest.approx(2 * chooser.standing(random_share=0.0).more, abs=1)


@pytest.mark.parametrize(("random_share", "factor"), [(0.0, 1), (0.2, 1 / 0.8)])
def test_as_many_grades_are_predicted_as_take_the_variance_down(random_share, factor):
    # 40 queries alike, in which one toss of a coin decides: x and y change places, and y is graded
    a, b = {f"q{n}": ["x", "y"] for n in range(40)}, {f"q{n}": ["y", "x"] for n in range(40)}
    table, ideal = pair_table(a, b, 10), Ideal(np.array([0.0, 1.0]), 10)
    y = np.array([row for (_, docid), row in table.rows.items() if docid == "y"])
    index = np.full(len(table.query), -1)
    index[y] = 0
    fitted = GradePrior(table, 1, COIN).fit(y, index[y])
    seen = outlook_of_delta(table, Evidence(index, np.zeros((40, 1))), fitted, ideal)
    # each delta is 0 or -(1 - 1 / log2(3)), and the mean is over 40
    variance = ((1 - 1 / log2(3)) / 40) ** 2 / 4
    delta = 0.04
    left = (delta / 1.644854) ** 2 / variance
    assert 1 < left < 39
    told = grades_until(table, seen, fitted, worths(table, seen, fitted), delta, 0.95, random_share)
    assert told == ceil((40 - floor(left)) * factor)
    assert grades_until(table, seen, fitted, worths(table, seen, fitted), 0.0, 0.95, random_share) is None


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
    assert not chooser.standing().may_stop
    chooser.set_grades(grades)
    assert chooser.random_check().biased is None


def test_few_random_grades_say_nothing():
    a, b, truth = clear_case()
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    drawn = [("q0", docid) for docid in a["q0"][:9]]
    chooser.set_grades({"q0": truth["q0"]}, random=drawn)
    check = chooser.random_check()
    assert (check.n, check.expected, check.z_gain, check.z_delta, check.biased) == (9, None, None, None, None)
