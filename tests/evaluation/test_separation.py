"""Scores by grade: the bins, the medians, and how often a relevant passage stands above another."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.separation import separation
from rerank_core.types import Ranking, ScoredDoc


def ranking(qid, **scores):
    docs = tuple(ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(scores.items(), 1))
    return Ranking(qid, "S", docs)


RANKINGS = {"q1": ranking("q1", a=4.0, b=3.0, c=1.0), "q2": ranking("q2", a=2.0, b=1.0, d=0.0, e=None)}
QRELS = {"q1": {"a": 3, "b": 0, "c": 1}, "q2": {"a": 0, "b": 1}}


def test_pairs_of_any_two_queries_count_and_ties_half():
    # relevant: 4, 1, 1; judged not: 3, 2. Of six pairs: 4 > 3, 4 > 2, and 1 is above neither
    assert separation(RANKINGS, QRELS).auc == pytest.approx(2 / 6)
    tied = {"q": ranking("q", a=1.0, b=1.0)}
    assert separation(tied, {"q": {"a": 1, "b": 0}}).auc == 0.5


def test_the_level_moves_what_is_relevant():
    # only a of q1 is: 4 against 3, 1, 2 and 1
    assert separation(RANKINGS, QRELS, level=2).auc == 1.0


def test_each_grade_has_its_scores_the_highest_first_and_the_unjudged_last():
    found = separation(RANKINGS, QRELS, bins=4)
    assert [(one.grade, one.n, one.median) for one in found.grades] == [
        (3, 1, 4.0), (1, 2, 1.0), (0, 2, (3 + 2) / 2), (None, 1, 0.0),
    ]  # fmt: skip
    assert (found.low, found.high, found.unscored) == (0.0, 4.0, 1)
    # bins of width 1 from 0: 4.0 belongs to the last one
    assert [one.counts for one in found.grades] == [(0, 0, 0, 1), (0, 2, 0, 0), (0, 0, 1, 1), (1, 0, 0, 0)]


def test_one_kind_alone_separates_nothing():
    assert separation(RANKINGS, {"q1": {"a": 1}}).auc is None


def test_equal_scores_fall_into_one_bin():
    found = separation({"q": ranking("q", a=2.0, b=2.0)}, {})
    assert found.grades[0].counts[0] == 2


def test_an_order_without_scores_has_nothing_to_show():
    assert separation({"q": ranking("q", a=None)}, {}) is None
    assert separation({}, {}) is None
