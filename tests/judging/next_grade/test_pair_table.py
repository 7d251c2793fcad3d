"""Two rankings as arrays, and the ideal from counts: numbers that a person can check."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest

from rerank_core.judging.next_grade.ideal import Ideal, ratio
from rerank_core.judging.next_grade.pair_table import pair_table


def test_the_gap_is_the_discount_in_b_less_that_in_a():
    table = pair_table({"q": ["x", "y", "z", "u"]}, {"q": ["y", "x", "u", "w"]}, k=3)
    gap = dict(zip((docid for _, docid in table.rows), table.gap, strict=True))
    assert gap == pytest.approx(
        {"u": 1 / log2(4), "w": 0, "x": 1 / log2(3) - 1, "y": 1 - 1 / log2(3), "z": -1 / log2(4)}
    )
    assert table.in_top.tolist() == [True, False, True, True, True]


def test_ranks_and_scores_become_features():
    scores = {"q": {"x": 8.0, "y": 4.0}}
    table = pair_table({"q": ["x", "y"]}, {"q": ["y"]}, k=10, a_scores=scores)
    x, y = table.features
    # b did not return x: it counts as at twice the depth, which is k here, as the rankings are shorter
    assert x.tolist() == pytest.approx(
        [np.log(10) - (np.log(1) + np.log(20)) / 2, (np.log(1) - np.log(20)) / 2, -1, (1 + 0) / 2, (0 - 1) / 2]
    )
    assert y.tolist() == pytest.approx(
        [np.log(10) - np.log(2) / 2, np.log(2) / 2, 1 - 1 / log2(3), (-1 + 0) / 2, (0 - -1) / 2]
    )
    assert table.own[:, 1].tolist() == [x[1], y[1]]


@pytest.mark.parametrize("scores", [{}, {"x": 3.0}, {"x": 3.0, "y": 3.0}, {"x": 3.0, "y": None}])
def test_scores_that_say_nothing_are_no_feature(scores):
    table = pair_table({"q": ["x", "y"]}, {"q": ["y", "x"]}, k=10, b_scores={"q": scores})
    assert not table.features[:, 3:].any()


def test_the_ideal_is_the_dcg_of_the_sorted_gains():
    rng = np.random.default_rng(1)
    gains = np.array([0.0, 1.0, 3.0, 4.0])
    ideal = Ideal(gains, k=5)
    index = rng.integers(0, 4, (50, 9))
    counts = (index[:, :, None] > np.arange(3)).sum(axis=1).astype(float)
    best = -np.sort(-gains[index], axis=1)[:, :5] @ (1 / np.log2(np.arange(2, 7)))
    assert ideal.parts(counts).sum(axis=1) == pytest.approx(best)
    assert ideal.dcg(counts.T) == pytest.approx(best)
    assert ratio(np.array([0.0, 1.0]), np.array([0.0, 2.0])).tolist() == [0.0, 0.5]
