"""Ranks against scores: what counts as a contradiction, and what is said of it."""

from __future__ import annotations

import pytest

from rerank_core.corpus.formats.run_order import AGREES, RankColumn, compare_rank_column


@pytest.mark.parametrize(
    "pairs",
    [
        [("1", 3.0), ("2", 2.0), ("3", 2.0)],
        [("0", 3.0), ("1", 2.0)],
        [("3", 1.0), ("1", 3.0), ("2", 2.0)],  # out of order in the file
        [("0", 1.0), ("0", 3.0), ("0", 2.0)],  # all ranks are the same
        [("1", 5.0), ("2", 5.0), ("3", 5.0)],  # all scores are the same
        [("-", 1.0), ("-", 2.0)],  # no ranks at all
        [("1", 1.0), ("2" * 5000, 2.0)],
        [("1", 1.0)],
    ],
)
def test_ranks_that_agree_with_scores(pairs):
    assert compare_rank_column({"q": pairs}) == RankColumn(1)
    assert compare_rank_column({"q": pairs}).sentence() == ""


@pytest.mark.parametrize(
    ("pairs", "rising"),
    [
        ([("1", 0.1), ("2", 0.5), ("3", 0.9)], 1),
        ([("3", 0.9), ("1", 0.1), ("2", 0.5)], 1),
        ([("1.0", 0.1), ("10.0", 0.9), ("2.0", 0.5)], 1),
        ([("0", -2.0), ("1", -2.0), ("2", -1.0)], 1),
        ([("1", 3.0), ("2", 1.0), ("3", 2.0)], 0),
        ([("1", 3.0), ("1", 1.0), ("2", 2.0)], 0),
    ],
)
def test_a_better_rank_with_a_lower_score_is_a_contradiction_and_one_that_only_rises_may_be_distances(pairs, rising):
    column = compare_rank_column({"other": [("1", 1.0)], "q": pairs})
    assert column == RankColumn(2, ("q",), rising)
    assert "disagree on 1 of 2 queries (the first: q)" in column.sentence()
    assert ("lower is better" in column.sentence()) == bool(rising)


def test_what_was_not_looked_at_agrees():
    assert AGREES.sentence() == ""
