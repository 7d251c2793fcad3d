"""The next grade that matters most: numbers a person can check, and the model against data drawn from itself."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from rerank_core.errors import BadInputError, SettingsError
from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import parse_measure
from rerank_core.judging.next_grade.next_grade import NextGrade
from tests.support.drawn_worlds import COIN, shuffled_systems

SECOND, THIRD = 1 / log2(3), 1 / 2
NDCG = parse_measure("nDCG@10")


def true_delta(a, b, grades):
    in_a, in_b = (evaluate(run, grades, [NDCG])[NDCG] for run in (a, b))
    return sum(in_b[qid] - in_a[qid] for qid in grades) / len(grades)


def graded(a, b, seed, scale=(0, 1, 2, 3)):
    rng = np.random.default_rng(seed)
    return {qid: {docid: int(rng.choice(scale)) for docid in sorted({*a[qid], *b[qid]})} for qid in a}


def worth_of(chooser):
    return {(one.qid, one.docid): one.worth for one in chooser.ordered(1000)}


# --- one query, by hand: every grade is taken for the toss of a coin, whatever the ranks say


def test_the_grade_that_swaps_two_passages_decides_and_the_others_are_worth_nothing():
    # x and y change places; s is first in both; z is below rank 3 in both
    chooser = NextGrade({"q": ["s", "x", "y", "z"]}, {"q": ["s", "y", "x", "z"]}, (0, 1), k=3, belief=COIN, wider=1.0)
    chooser.set_grades({"q": {"s": 1, "z": 0, "x": 0}})
    # y not relevant: no difference; relevant: b has it at rank 2, a at rank 3, and the ideal is 1 + 1 / log2(3)
    gain = (SECOND - THIRD) / (1 + SECOND)
    assert chooser.chances("q", "y") == pytest.approx({0: 1 / 2, 1: 1 / 2})
    (only,) = chooser.ordered(5)
    assert (only.qid, only.docid) == ("q", "y")
    assert only.worth == pytest.approx(gain**2 / 4)
    assert chooser.spread() == pytest.approx(gain / 2)
    before = chooser.standing(0.02)
    # half of the draws are for b, and half tie
    assert before.p_better == pytest.approx(3 / 4, abs=0.03)
    assert (before.low, before.high, before.more, before.may_stop) == (0, pytest.approx(gain), (2, 2), False)
    chooser.observe("q", "y", 1)
    after = chooser.standing(0.02)
    assert (after.p_better, after.delta, after.low, after.high) == pytest.approx((1.0, gain, gain, gain))
    assert (after.more, after.may_stop, chooser.ordered(5)) == ((0, 0), True, [])


def test_a_passage_at_the_same_rank_in_both_matters_by_the_ideal_alone():
    chooser = NextGrade({"q": ["s", "x", "y"]}, {"q": ["s", "y", "x"]}, (0, 1), belief=COIN, wider=1.0)
    chooser.set_grades({"q": {"x": 0, "y": 1}})
    # the numerator is fixed; s not relevant: the ideal is 1; relevant: 1 + 1 / log2(3)
    gap = SECOND - THIRD
    low, high = gap / (1 + SECOND), gap / 1
    assert worth_of(chooser) == {("q", "s"): pytest.approx((high - low) ** 2 / 4)}
    now = chooser.standing(0.02)
    assert (now.p_better, now.low, now.high) == (1.0, pytest.approx(low), pytest.approx(high))
    assert now.delta == pytest.approx((low + high) / 2, rel=0.03)


def test_graded_gains_and_several_queries_share_the_worth():
    # two queries alike; in each, x stands at rank 1 in b and is missing in a, which has nothing else graded
    a, b = {"q": ["y"], "r": ["y"]}, {"q": ["x", "y"], "r": ["x", "y"]}
    chooser = NextGrade(a, b, (0, 1, 3), belief=COIN)
    chooser.set_grades({"q": {"y": 1}, "r": {"y": 1}})
    # grade 0 (chance 1/2): a has y first, b second, the ideal is 1; grade 1 (1/4) and 3 (1/4): x first, y second in b
    deltas = {0: SECOND - 1, 1: (1 + SECOND - 1) / (1 + SECOND), 3: (3 + SECOND - 1) / (3 + SECOND)}
    chances = {0: 1 / 2, 1: 1 / 4, 3: 1 / 4}
    assert chooser.chances("q", "x") == pytest.approx(chances)
    mean = sum(chances[grade] * delta for grade, delta in deltas.items())
    variance = sum(chances[grade] * (delta - mean) ** 2 for grade, delta in deltas.items())
    # the mean over two queries moves half as far
    assert worth_of(chooser) == {("q", "x"): pytest.approx(variance / 4), ("r", "x"): pytest.approx(variance / 4)}
    assert chooser.spread() == pytest.approx((variance / 2) ** 0.5)


def test_the_same_passage_is_worth_nothing_where_nothing_else_tells_the_systems_apart():
    chooser = NextGrade({"q": ["s", "x", "y"]}, {"q": ["s", "y", "x"]}, (0, 1))
    chooser.set_grades({"q": {"x": 1, "y": 1}})
    # x and y are equally relevant, so that the delta is 0 whatever s is
    assert worth_of(chooser) == {("q", "s"): pytest.approx(0.0, abs=1e-30)}
    assert chooser.standing(0.02).may_stop
    assert chooser.standing(0.02).p_better == 0.5


def test_the_wider_gap_in_discount_is_asked_for_first():
    # p and r change places over ranks 1 and 3 (gap 1/2), x and y over 4 and 5
    a, b = {"q": ["p", "s", "r", "x", "y"]}, {"q": ["r", "s", "p", "y", "x"]}
    order = [one.docid for one in NextGrade(a, b, (0, 1, 2, 3)).ordered(5)]
    assert set(order[:2]) == {"p", "r"}
    assert set(order[2:]) == {"s", "x", "y"}


# --- what the figures mean


def test_equal_systems_are_equally_good_and_no_grade_is_asked_for():
    a, _ = shuffled_systems(1)
    chooser = NextGrade(a, a, (0, 1, 2, 3))
    now = chooser.standing(0.02)
    assert (now.p_better, now.delta, now.low, now.high, now.more, now.may_stop) == (0.5, 0.0, 0.0, 0.0, (0, 0), True)
    assert {one.worth for one in chooser.ordered(30)} == {0.0}
    assert [turn.rule for turn in chooser.turns(10, [("q0", docid) for docid in a["q0"]])] == ["random"] * 10


def test_without_grades_neither_system_is_favoured():
    a, b = shuffled_systems(2, queries=20)
    now = NextGrade(a, b, (0, 1, 2, 3)).standing(0.02)
    other = NextGrade(b, a, (0, 1, 2, 3)).standing(0.02)
    assert now.p_better == pytest.approx(0.5, abs=0.05)
    assert now.low < 0 < now.high
    assert now.delta == pytest.approx(-other.delta, abs=0.02)
    assert not now.may_stop


@pytest.mark.parametrize("scale", [(0, 1), (0, 1, 2, 3), (1, 2, 3, 4, 5), (-1, 0, 2)])
def test_when_everything_is_graded_the_delta_is_that_of_the_measures(scale):
    a, b = shuffled_systems(3)
    grades = graded(a, b, 3, scale)
    chooser = NextGrade(a, b, scale)
    chooser.set_grades(grades)
    now, truth = chooser.standing(0.02), true_delta(a, b, grades)
    assert (now.delta, now.low, now.high) == pytest.approx((truth, truth, truth), abs=1e-6)
    assert now.p_better == (truth > 0)
    assert now.may_stop


def test_a_graded_passage_that_neither_ranks_is_in_the_ideal():
    a, b = shuffled_systems(4)
    grades = graded(a, b, 4)
    grades["q0"]["elsewhere"] = 3
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    chooser.set_grades(grades | {"another query": {"d": 3}})
    assert chooser.standing(0.02).delta == pytest.approx(true_delta(a, b, grades), abs=1e-6)
    del grades["q0"]["elsewhere"]
    chooser.observe("q0", "elsewhere", None)
    assert chooser.standing(0.02).delta == pytest.approx(true_delta(a, b, grades), abs=1e-6)


def test_a_query_that_one_system_did_not_rank_is_left_out_and_an_empty_ranking_is_not():
    grades = {"q": {"x": 1}, "r": {"x": 1}}
    chooser = NextGrade({"q": ["x"], "r": ["x"], "s": ["x"]}, {"q": [], "r": ["x"]}, (0, 1))
    chooser.set_grades(grades)
    # q loses 1, r is equal
    assert chooser.standing(0.02).delta == pytest.approx(-1 / 2)


def test_no_shared_query_is_no_verdict():
    chooser = NextGrade({"q": ["x"]}, {"r": ["x"]}, (0, 1))
    now = chooser.standing(0.02)
    assert (now.p_better, now.may_stop, now.grades) == (0.5, False, 0)
    assert chooser.ordered(5) == []


def test_a_grade_off_the_scale_counts_as_the_next_lower_one():
    a, b = {"q": ["x", "y"]}, {"q": ["y", "x"]}
    both = []
    for off, on in ((7, 3), (1, 0), (-2, 0)):
        for grade in (off, on):
            chooser = NextGrade(a, b, (0, 2, 3))
            chooser.set_grades({"q": {"x": grade}})
            both.append(chooser.standing(0.02))
    assert both[0::2] == both[1::2]


def test_what_cannot_be_used_is_refused():
    with pytest.raises(BadInputError, match="passage x stands twice"):
        NextGrade({"q": ["x", "y", "x"]}, {"q": ["x"]}, (0, 1))
    with pytest.raises(SettingsError, match="two grades"):
        NextGrade({"q": ["x"]}, {"q": ["x"]}, (1, 1))


def test_the_order_of_the_grades_does_not_matter_and_the_seed_fixes_the_rest():
    a, b = shuffled_systems(5)
    grades = graded(a, b, 5)
    some = [("q0", a["q0"][0]), ("q1", b["q1"][2]), ("q2", a["q2"][4]), ("q3", a["q3"][1])]
    one, other = NextGrade(a, b, (0, 1, 2, 3), seed=7), NextGrade(a, b, (0, 1, 2, 3), seed=7)
    one.set_grades({qid: {docid: grades[qid][docid]} for qid, docid in some})
    other.standing(0.02)
    for qid, docid in reversed(some):
        other.observe(qid, docid, 0)
        other.observe(qid, docid, grades[qid][docid])
    other.observe("q5", a["q5"][0], 1)
    other.observe("q5", a["q5"][0], None)
    assert one.standing(0.02) == other.standing(0.02)
    assert one.ordered(20) == other.ordered(20)
    assert NextGrade(a, b, (0, 1, 2, 3), seed=8).standing(0.02) != NextGrade(a, b, (0, 1, 2, 3), seed=7).standing(0.02)


# --- the queue


def test_the_queue_keeps_to_the_pool_and_leaves_out_what_is_excluded():
    a, b = shuffled_systems(7)
    chooser = NextGrade(a, b, (0, 1, 2, 3))
    pool = [(qid, docid) for qid in ("q0", "q1") for docid in b[qid][:6]]
    chooser.observe(*pool[0], 2)
    turns = chooser.turns(50, pool, exclude=[pool[1]])
    assert {(turn.qid, turn.docid) for turn in turns} == set(pool[2:])
    assert len(turns) == len(pool) - 2
    ordered = chooser.ordered(3, exclude=pool[1:2], pool=pool)
    assert all((one.qid, one.docid) in pool[2:] for one in ordered)
    assert [one.worth for one in ordered] == sorted((one.worth for one in ordered), reverse=True)


def test_every_fifth_turn_is_drawn_at_random():
    a, b = shuffled_systems(8)
    pool = [(qid, docid) for qid in a for docid in a[qid][:10]]
    rules = [turn.rule for turn in NextGrade(a, b, (0, 1, 2, 3)).turns(15, pool, turn=0)]
    assert [number for number, rule in enumerate(rules) if rule == "random"] == [4, 9, 14]
