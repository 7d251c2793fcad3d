"""The passage that explains most of a difference."""

from __future__ import annotations

from math import log2

import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.moves import Move, biggest_move


def test_the_passage_that_moves_the_sum_most_is_named_with_both_ranks():
    move = biggest_move("abc", "cab", {"a": 1, "c": 3})
    assert move == Move("c", 3, 3, 1, pytest.approx(3 * (1 - 1 / log2(4))))


def test_it_goes_the_way_that_the_whole_query_went():
    # "a" falls from 1 to 3 and loses 2 * (1 - 1/2) = 1; "b" and "c" rise by less together, so the loss is told
    move = biggest_move("abc", "bca", {"a": 2, "b": 1, "c": 1})
    assert (move.docid, move.before, move.after, move.gain) == ("a", 1, 3, pytest.approx(-1.0))


def test_a_passage_that_only_one_ranking_has_stands_nowhere_in_the_other():
    assert biggest_move("ab", "cb", {"c": 2}) == Move("c", 2, None, 1, pytest.approx(2.0))


def test_beyond_k_nothing_weighs():
    assert biggest_move("abc", "acb", {"b": 1, "c": 1}, k=1) is None


def test_no_graded_passage_moved():
    assert biggest_move("ab", "ba", {}) is None
    assert biggest_move("ab", "ba", {"a": 0, "b": -1}) is None


def test_a_passage_that_stands_twice_is_refused():
    with pytest.raises(BadInputError):
        biggest_move("aa", "a", {})
