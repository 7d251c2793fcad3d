"""The passage that explains most of a difference."""

from __future__ import annotations

from math import log2

import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.moves import Move, biggest_move, what_moved


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


def test_a_passage_judged_not_relevant_that_came_into_the_top_is_told_of_a_loss():
    found = what_moved("abcdz", "zbcda", {"a": 3, "z": 0}, top=3)
    assert (found.best.docid, found.best.before, found.best.after) == ("a", 1, 5)
    assert (found.wrong.docid, found.wrong.before, found.wrong.after, found.entered) == ("z", 5, 1, True)


def test_one_that_left_the_top_is_told_of_a_win():
    found = what_moved("zbcda", "abcdz", {"a": 3, "z": 0}, top=3)
    assert (found.wrong.docid, found.wrong.before, found.wrong.after, found.entered) == ("z", 1, 5, False)


def test_what_nobody_judged_is_not_called_wrong():
    assert what_moved("abcdz", "zbcda", {"a": 3}, top=3).wrong is None


def test_a_wrong_passage_that_was_in_the_top_before_is_no_news():
    assert what_moved("az", "za", {"a": 1, "z": 0}, top=2).wrong is None


def test_where_the_sum_is_the_same_what_came_in_is_told():
    found = what_moved("yab", "zab", {"y": 0, "z": 0}, top=1)
    assert (found.best, found.wrong.docid, found.wrong.before, found.entered) == (None, "z", None, True)
