"""The prior of a grade: its fit against the posterior differentiated by numbers, and its calibration bins."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.judging.next_grade.calibration import bins
from rerank_core.judging.next_grade.grade_prior import GradePrior, PriorBelief, sigmoid, trial_design
from rerank_core.judging.next_grade.next_grade import NextGrade
from rerank_core.judging.next_grade.pair_table import pair_table
from tests.support.drawn_worlds import LEVELS, SCALE, everything, systems


def log_posterior(table, index, belief, shared, own):
    pairs = [belief.levels] * LEVELS + list(belief.slopes)
    total = -sum(0.5 * ((value - mean) / sd) ** 2 for value, (mean, sd) in zip(shared, pairs, strict=True))
    total -= 0.5 * ((own / np.array(belief.own)) ** 2).sum()
    for row in np.flatnonzero(index >= 0):
        for level in range(min(index[row] + 1, LEVELS)):
            x = shared[level] + table.features[row] @ shared[LEVELS:] + table.own[row] @ own[table.query[row]]
            total += -np.log1p(np.exp(-x)) if index[row] > level else -np.log1p(np.exp(x))
    return total


def test_the_fit_is_the_mode_of_the_posterior_and_its_covariance_the_inverse_of_the_curvature():
    rng = np.random.default_rng(2)
    a, b = systems(rng, queries=3, passages=8)
    table, belief = pair_table(a, b, 10), PriorBelief()
    index = np.where(rng.random(len(table.query)) < 0.7, rng.integers(0, 4, len(table.query)), -1)
    rows = np.flatnonzero(index >= 0)
    fitted = GradePrior(table, LEVELS, belief).fit(rows, index[rows])
    shared, queries = len(fitted.shared), len(table.qids)

    def value(x):
        return log_posterior(table, index, belief, x[:shared], x[shared:].reshape(queries, 2))

    mode, small = np.concatenate((fitted.shared, fitted.own.ravel())), 1e-4
    steps = np.eye(len(mode)) * small
    slope = [(value(mode + step) - value(mode - step)) / (2 * small) for step in steps]
    assert slope == pytest.approx(np.zeros(len(mode)), abs=1e-5)
    bend = [
        [(value(mode + s + t) - value(mode + s - t) - value(mode - s + t) + value(mode - s - t)) for t in steps]
        for s in steps
    ]
    dense = np.linalg.inv(-np.array(bend) / (4 * small**2))
    covariance = fitted.covariance
    assert covariance.shared == pytest.approx(dense[:shared, :shared], abs=1e-4)
    for query in range(queries):
        at = slice(shared + 2 * query, shared + 2 * query + 2)
        own = covariance.own[query] + covariance.pull[query] @ covariance.shared @ covariance.pull[query].T
        assert own == pytest.approx(dense[at, at], abs=1e-4)
    vector = rng.normal(size=len(mode))
    product = covariance.times(vector[:shared], vector[shared:].reshape(queries, 2))
    assert np.concatenate((product[0], product[1].ravel())) == pytest.approx(dense @ vector, abs=1e-3)
    design = trial_design(table, rows, np.zeros_like(rows), LEVELS)
    whole = np.zeros((len(rows), len(mode)))
    whole[:, :shared] = design
    for place, row in enumerate(rows):
        at = shared + 2 * table.query[row]
        whole[place, at : at + 2] = table.own[row]
    variances = covariance.variances(design, table.own[rows], table.query[rows])
    assert variances == pytest.approx(((whole @ dense) * whole).sum(axis=1), abs=1e-3)


def test_without_grades_the_fit_is_the_prior():
    a, b = systems(np.random.default_rng(3))
    table, belief = pair_table(a, b, 10), PriorBelief()
    fitted = GradePrior(table, LEVELS, belief).fit(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    pairs = [belief.levels] * LEVELS + list(belief.slopes)
    assert fitted.shared.tolist() == [mean for mean, _ in pairs]
    assert np.sqrt(np.diag(fitted.covariance.shared)) == pytest.approx([sd for _, sd in pairs])
    assert not fitted.own.any()
    assert np.sqrt(fitted.covariance.own[4]) == pytest.approx(np.diag(belief.own))


def test_grades_of_one_kind_only_do_not_break_the_fit():
    a, b = systems(np.random.default_rng(4))
    table = pair_table(a, b, 10)
    rows = everything(table)
    for index in (0, 3):
        fitted = GradePrior(table, LEVELS, PriorBelief()).fit(rows, np.full(len(rows), index))
        assert np.isfinite(fitted.shared).all()
        assert (sigmoid(fitted.logits(table)[:, 0]).mean() > 0.9) == (index == 3)


def test_scores_that_predict_the_grades_are_believed_once_grades_say_so():
    rng = np.random.default_rng(5)
    a, b = systems(rng, queries=20)
    index = {qid: dict(zip(sorted(docids), rng.integers(0, 4, len(docids)), strict=True)) for qid, docids in a.items()}
    scores = {qid: {docid: index[qid][docid] + rng.normal(0, 0.3) for docid in a[qid]} for qid in a}
    errors = []
    for given in (None, scores):
        table = pair_table(a, b, 10, a_scores=given)
        grades = np.array([index[qid][docid] for qid, docid in table.rows])
        rows = np.flatnonzero(table.query < 10)
        fitted = GradePrior(table, LEVELS, PriorBelief()).fit(rows, grades[rows])
        others = table.query >= 10
        errors.append(((sigmoid(fitted.logits(table)[others, 0]) - (grades[others] > 0)) ** 2).mean())
    assert errors[1] < 0.6 * errors[0]


def test_bins_are_equally_filled_and_have_wilson_intervals():
    found = bins(np.arange(40) / 40, np.arange(40) >= 20, most=4)
    assert [(one.n, one.seen) for one in found] == [(10, 0.0), (10, 0.0), (10, 1.0), (10, 1.0)]
    assert found[0].predicted == pytest.approx(sum(range(10)) / 400)
    z = 1.959964
    assert (found[0].low, found[0].high) == pytest.approx((0.0, z**2 / (10 + z**2)))
    assert bins(np.array([]), np.array([], dtype=bool)) == []
    assert len(bins(np.full(3, 0.5), np.array([True, False, True]))) == 1


def test_each_grade_is_predicted_without_itself():
    a, b = systems(np.random.default_rng(9), queries=1, passages=10)
    chooser = NextGrade(a, b, SCALE)
    chooser.set_grades({"q0": {a["q0"][0]: 3}})
    (alone,) = chooser.calibration()
    belief = PriorBelief()
    x = pair_table(a, b, 10).features[list(pair_table(a, b, 10).rows).index(("q0", a["q0"][0]))]
    prior = belief.levels[0] + sum(mean * value for (mean, _), value in zip(belief.slopes, x, strict=True))
    assert alone.predicted == pytest.approx(1 / (1 + np.exp(-prior)))
    assert chooser.calibration(random_only=True) == []
