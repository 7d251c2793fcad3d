"""The verdict against data drawn from the model: what it says comes true as often as it says."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from rerank_core.judging.next_grade.calibration import bins
from rerank_core.judging.next_grade.delta_draws import DeltaDraws
from rerank_core.judging.next_grade.grade_prior import GradePrior, PriorBelief, sigmoid
from rerank_core.judging.next_grade.ideal import Ideal, ratio
from rerank_core.judging.next_grade.next_grade import NextGrade
from rerank_core.judging.next_grade.outlook import Evidence
from rerank_core.judging.next_grade.pair_table import pair_table
from tests.support.drawn_worlds import LEVELS, SCALE, as_grades, drawn_grades, everything, systems

MARGIN = 0.02


@pytest.fixture(scope="module")
def worlds():
    """Of 150 drawn worlds, half of the passages graded: (VerdictStanding, true mean delta, predicted, seen)."""
    rng, belief, found = np.random.default_rng(6), PriorBelief(), []
    for number in range(150):
        a, b = systems(rng)
        table = pair_table(a, b, 10)
        index = drawn_grades(table, rng, belief)
        rows = rng.permutation(len(index))[: len(index) // 2]
        chooser = NextGrade(a, b, SCALE, seed=number, wider=1.0)
        chooser.set_grades(as_grades(table, index, everything(table)))
        truth = chooser.standing(MARGIN).delta
        chooser.set_grades(as_grades(table, index, rows))
        fitted = GradePrior(table, LEVELS, belief).fit(rows, index[rows])
        others = np.setdiff1d(everything(table), rows)
        found.append((chooser.standing(MARGIN), truth, sigmoid(fitted.logits(table)[others, 0]), index[others] > 0))
    return found


def test_the_probability_comes_true_as_often_as_it_says(worlds):
    said = np.array([standing.p_better for standing, *_ in worlds])
    came = np.array([truth > 0 for _, truth, *_ in worlds])
    # three standard deviations of the number that came true, if each does with the probability that was said
    assert abs(came.sum() - said.sum()) < 3 * sqrt((said * (1 - said)).sum())
    sure = np.maximum(said, 1 - said) >= 0.95
    assert sure.sum() > 30
    assert ((said > 0.5) == came)[sure].mean() >= 0.95 - 3 * sqrt(0.95 * 0.05 / sure.sum())


def test_the_interval_holds_the_truth_as_often_as_it_says(worlds):
    held = np.mean([standing.low <= truth <= standing.high for standing, truth, *_ in worlds])
    assert held == pytest.approx(0.95, abs=3 * sqrt(0.95 * 0.05 / len(worlds)))


def test_predicted_chances_are_calibrated(worlds):
    found = bins(np.concatenate([one[2] for one in worlds]), np.concatenate([one[3] for one in worlds]))
    assert len(found) == 8
    assert sum(one.n for one in found) == sum(len(one[3]) for one in worlds)
    assert [one.seen for one in found] == pytest.approx([one.predicted for one in found], abs=0.04)


@pytest.mark.parametrize("seed", [10, 11, 12])
def test_the_draws_are_those_of_the_posterior_and_the_measure(seed):
    """Against slow draws: every passage's grade, from the coefficients' whole covariance, into nDCG by its formula."""
    rng, k, draws = np.random.default_rng(seed), 3, 20_000
    a, b = systems(rng, queries=4)
    table, ideal = pair_table(a, b, k), Ideal(np.array(SCALE, dtype=float), k)
    index = np.where(rng.random(len(table.query)) < 0.3, drawn_grades(table, rng, PriorBelief()), -1)
    rows = np.flatnonzero(index >= 0)
    fitted = GradePrior(table, LEVELS, PriorBelief()).fit(rows, index[rows])
    shared = rng.multivariate_normal(fitted.shared, fitted.covariance.shared, draws)
    delta = np.zeros(draws)
    for query in range(4):
        own = fitted.own[query] - (shared - fitted.shared) @ fitted.covariance.pull[query].T
        own += rng.multivariate_normal(np.zeros(2), fitted.covariance.own[query], draws)
        mine = np.flatnonzero(table.query == query)
        shift = shared[:, LEVELS:] @ table.features[mine].T + own @ table.own[mine].T
        passed = rng.random((draws, len(mine), LEVELS)) < sigmoid(shift[:, :, None] + shared[:, None, :LEVELS])
        gains = np.where(index[mine] >= 0, index[mine], np.cumprod(passed, axis=2).sum(axis=2))
        best = -np.sort(-gains, axis=1)[:, :k] @ (1 / np.log2(np.arange(2, k + 2)))
        delta += ratio(gains @ table.gap[mine], best) / 4
    found = DeltaDraws(table, ideal, 1, draws).deltas(Evidence(index, np.zeros((4, LEVELS))), fitted)
    # the numbers below rank k come from a normal, which costs a little of the spread
    assert found.shape == (4, draws)
    found = found.mean(axis=0)
    assert found.mean() == pytest.approx(delta.mean(), abs=0.005)
    assert found.std() == pytest.approx(delta.std(), rel=0.045)


def test_the_random_check_seldom_cries_wolf():
    rng, scores, wolves = np.random.default_rng(7), [], 0
    for number in range(60):
        a, b = systems(rng)
        table = pair_table(a, b, 10)
        index = drawn_grades(table, rng, PriorBelief())
        rows, pairs = rng.permutation(len(index))[:100], list(table.rows)
        chooser = NextGrade(a, b, SCALE, seed=number, wider=1.0)
        chooser.set_grades(as_grades(table, index, rows), random={pairs[row] for row in rows[:20]})
        check = chooser.random_check()
        scores += [check.z_gain, check.z_delta]
        wolves += check.biased
    assert np.std(scores) == pytest.approx(1.0, abs=0.25)
    assert wolves <= 2


def test_a_worth_is_what_the_grade_takes_off_the_variance():
    """The variance left after each possible grade, weighted by its chance, really computed, against the closed form."""
    rng = np.random.default_rng(8)
    a, b = systems(rng, queries=10)
    table = pair_table(a, b, 10)
    index = drawn_grades(table, rng, PriorBelief())
    grades = as_grades(table, index, rng.permutation(len(index))[:60])
    chooser = NextGrade(a, b, SCALE)
    chooser.set_grades(grades)
    before = chooser.spread() ** 2
    for top in chooser.ordered(3):
        chances = chooser.chances(top.qid, top.docid)
        left = 0.0
        for grade, chance in chances.items():
            chooser.observe(top.qid, top.docid, grade)
            left += chance * chooser.spread() ** 2
        chooser.observe(top.qid, top.docid, None)
        assert sum(chances.values()) == pytest.approx(1.0)
        assert before - left == pytest.approx(top.worth, rel=0.1)


def test_a_wider_spread_moves_no_delta_and_claims_less():
    rng = np.random.default_rng(4)
    a, b = systems(rng)
    table = pair_table(a, b, 10)
    grades = as_grades(table, drawn_grades(table, rng, PriorBelief()), rng.permutation(len(table.query))[:120])
    as_is, wider = NextGrade(a, b, SCALE, wider=1.0), NextGrade(a, b, SCALE, wider=2.0)
    for chooser in (as_is, wider):
        chooser.set_grades(grades)
    one, other = as_is.standing(MARGIN), wider.standing(MARGIN)
    assert other.delta == pytest.approx(one.delta)
    assert other.high - other.delta == pytest.approx(2 * (one.high - one.delta))
    assert abs(other.p_better - 0.5) < abs(one.p_better - 0.5)
    assert NextGrade(a, b, SCALE).standing(MARGIN).low > NextGrade(a, b, SCALE, wider=1.2).standing(MARGIN).low
