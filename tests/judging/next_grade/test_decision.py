"""What grading can still do to the verdict: against Student's interval, and on worlds whose grades the model drew."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from rerank_core.errors import SettingsError
from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import parse_measure
from rerank_core.judging.next_grade.decision import WORDS, decision, spread_of, word_of
from rerank_core.judging.next_grade.grade_prior import PriorBelief
from rerank_core.judging.next_grade.next_grade import NextGrade
from rerank_core.judging.next_grade.pair_table import pair_table
from tests.support.drawn_worlds import SCALE, as_grades, drawn_grades, everything, systems

MARGIN = 0.02


def judged(a, b, index):
    """A chooser that knows all grades, and the deltas per query by the measure itself."""
    table = pair_table(a, b, 10)
    grades = as_grades(table, index, everything(table))
    chooser = NextGrade(a, b, SCALE)
    chooser.set_grades(grades)
    (measure,) = measures = [parse_measure("nDCG@10")]
    one, other = (evaluate(run, grades, measures)[measure] for run in (a, b))
    return chooser, np.array([other[qid] - one[qid] for qid in a])


def test_once_all_is_graded_the_interval_is_students_and_nothing_can_change():
    rng = np.random.default_rng(1)
    a, b = systems(rng, queries=20)
    chooser, deltas = judged(a, b, drawn_grades(pair_table(a, b, 10), rng, PriorBelief()))
    found = chooser.decision(MARGIN)
    interval = ttest_1samp(deltas, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert (found.left_low, found.left_high) == pytest.approx((found.low, found.high), abs=1e-9)
    assert (found.passages, found.can_change, found.is_over, found.queries) == (0, 0.0, True, 20)
    assert found.seen == found.word


@pytest.mark.parametrize(
    ("deltas", "word"),
    [
        ([0.10, 0.12, 0.08, 0.11], "better"),
        ([-0.10, -0.12, -0.08, -0.11], "worse"),
        ([0.001, -0.001, 0.002, 0.0], "equal"),
        ([0.010, 0.011, 0.012, 0.010], "equal"),  # shown, and smaller than what matters
        ([0.3, -0.2, 0.1, -0.1], "open"),
    ],
)
def test_the_word_is_that_of_the_interval(deltas, word):
    draws = np.repeat(np.array(deltas)[:, None], 10, axis=1)
    found = decision(draws, spread_of(draws), MARGIN, word, 3)
    assert (found.word, found.chances[word]) == (word, 1.0)
    assert word_of(np.array(deltas), MARGIN) == word
    assert sum(found.chances.values()) == 1.0


def test_missing_grades_widen_the_interval_by_what_they_leave_open():
    # three queries; the draws differ by 0.2 in the mean, the queries by 0.1 around it
    draws = np.array([[0.1, 0.3], [0.2, 0.4], [0.3, 0.5]])
    found = decision(draws, spread_of(draws), MARGIN, "open", 3)
    t_95, of_queries, of_grades = 4.302652729911275, 0.1 / sqrt(3), 0.1
    assert found.delta == pytest.approx(0.3)
    assert found.left_high - found.delta == pytest.approx(t_95 * of_queries)
    assert found.high - found.delta == pytest.approx(t_95 * sqrt(of_queries**2 + of_grades**2))


def test_one_query_decides_nothing_and_a_margin_is_needed():
    assert NextGrade({"q": ["d1", "d2"]}, {"q": ["d2", "d1"]}, SCALE).decision(MARGIN) is None
    two = {"q": ["d1", "d2"], "r": ["d1", "d2"]}
    with pytest.raises(SettingsError):
        NextGrade(two, two, SCALE).decision(0.0)


def test_a_word_that_is_only_predicted_is_not_settled():
    draws = np.repeat(np.linspace(-0.4, -0.2, 20)[:, None], 2, axis=1)
    predicted = decision(draws, spread_of(draws), MARGIN, "open", 5)
    assert (predicted.word, predicted.can_change) == ("worse", 0.0)
    assert (predicted.is_over, predicted.settled) == (False, "open")
    seen = decision(draws, spread_of(draws), MARGIN, "worse", 5)
    assert (seen.is_over, seen.settled) == (True, "worse")
    # nothing is left to grade: what is seen holds
    at_the_end = decision(draws, spread_of(draws), MARGIN, "open", 0)
    assert (at_the_end.is_over, at_the_end.settled) == (True, "open")


def test_a_word_that_is_only_predicted_asks_for_grades_until_the_missing_ones_hardly_matter():
    draws = np.linspace(-0.4, -0.2, 20)[:, None] + np.array([[-0.01, 0.01]])
    spread = spread_of(draws)
    assert spread.word(MARGIN) == "worse"
    assert spread.allowed(MARGIN, "worse") > spread.of_grades**2  # enough is known
    assert spread.allowed(MARGIN, "open") == pytest.approx(spread.of_queries**2 / 16)


def test_without_a_grade_nothing_is_seen():
    a, b = systems(np.random.default_rng(1), queries=10)
    assert NextGrade(a, b, SCALE).decision(MARGIN).seen == "open"


def test_what_is_seen_is_the_measure_with_missing_grades_as_not_relevant():
    rng = np.random.default_rng(6)
    a, b = systems(rng, queries=10)
    table = pair_table(a, b, 10)
    index = drawn_grades(table, rng, PriorBelief())
    grades = as_grades(table, index, rng.permutation(len(index))[:70])
    chooser = NextGrade(a, b, SCALE)
    chooser.set_grades(grades)
    (measure,) = measures = [parse_measure("nDCG@10")]
    known = {qid: grades.get(qid, {"none": 0}) for qid in a}
    one, other = (evaluate(run, known, measures)[measure] for run in (a, b))
    deltas = [other[qid] - one[qid] for qid in table.qids]
    assert chooser._known_deltas() == pytest.approx(deltas, abs=1e-12)


def test_systems_that_rank_alike_need_no_grade():
    same = {f"q{n}": ["d1", "d2", "d3"] for n in range(5)}
    found = NextGrade(same, same, SCALE).decision(MARGIN)
    assert (found.word, found.passages, found.is_over) == ("equal", 0, True)


def test_grading_what_it_asks_for_leaves_missing_grades_that_hardly_widen_the_interval():
    rng = np.random.default_rng(2)
    a, b = systems(rng, queries=20)
    table = pair_table(a, b, 10)
    index, rows = drawn_grades(table, rng, PriorBelief()), {pair: row for row, pair in enumerate(table.rows)}
    chooser = NextGrade(a, b, SCALE, draws=400)
    first = chooser.decision(MARGIN)
    assert first.word == "open"
    assert 20 < first.passages < len(index)
    asked = 0
    while (found := chooser.decision(MARGIN)).passages:
        (best,) = chooser.ordered(1)
        chooser.observe(best.qid, best.docid, int(index[rows[best.qid, best.docid]]))
        asked += 1
    assert asked < len(index)  # not all of them
    narrowest = (found.left_high - found.left_low) / (found.high - found.low)
    assert found.word != "open" or narrowest > 0.96


def test_its_chances_come_true():
    """In worlds whose grades the model drew, full judgement says each word as often as it was predicted."""
    rng, expected, seen = np.random.default_rng(3), np.zeros(len(WORDS)), np.zeros(len(WORDS))
    worlds = 60
    for number in range(worlds):
        a, b = systems(rng, queries=12)
        table = pair_table(a, b, 10)
        index = drawn_grades(table, rng, PriorBelief())
        chooser = NextGrade(a, b, SCALE, seed=number, draws=400, wider=1.0)
        chooser.set_grades(as_grades(table, index, rng.permutation(len(index))[:60]))
        expected += [chooser.decision(0.05).chances[word] for word in WORDS]
        chooser.set_grades(as_grades(table, index, everything(table)))
        seen[WORDS.index(chooser.decision(0.05).word)] += 1
    assert seen == pytest.approx(expected, abs=2 * sqrt(worlds * 0.25))
    assert seen.max() < worlds
