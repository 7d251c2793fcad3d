"""What there is to learn from: pairs by sort, what is missing, folds that share no text."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.errors import SettingsError
from rerank_core.training.data import query_hashes, training_data
from rerank_core.training.folds import folds, part_of
from rerank_core.types import Doc, Query, Ranking, ScoredDoc, text_hash

QUERIES = [Query("q1", "one"), Query("q2", "two"), Query("q3", "three")]
DOCS = {f"d{number}": Doc(f"d{number}", "word " * (number + 1)) for number in range(6)}
QRELS = {"q1": {"d0": 2, "d1": 1, "d2": 0, "gone": 2}, "q2": {"d3": 0}}


def ranking(*docids):
    return Ranking("", "", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docids, 1)))


def test_pairs_are_counted_by_what_is_known_of_them():
    candidates = {
        "q1": ranking("d3", "d0", "d4", "d1", "d5"),
        "q2": ranking("d0", "d1"),
        "q3": ranking("d1", "d2", "d3"),
    }
    found = training_data(QUERIES, QRELS, DOCS, candidates, level=2)
    counts = found.counts
    assert (counts.queries, counts.relevant, counts.lower, counts.judged_zero) == (2, 1, 1, 2)
    # q1: d3 at rank 1 is nobody's; d4 and d5 from rank 3 on are weak. q2: both too high. q3 has no grade
    assert (counts.weak, counts.too_high) == (2, 3)
    # 1 to 4 words
    assert found.lengths == (1, 2, 4)
    assert "It lacks 296 more graded pairs." in found.missing()
    assert "4 graded pairs of 2 queries: 1 relevant, 1 graded lower, 2 graded 0" in found.sentence()


def test_without_a_relevant_passage_nothing_can_be_learned():
    found = training_data(QUERIES, {"q2": {"d3": 0}}, DOCS, {})
    assert "a relevant passage: without one there is nothing to learn" in found.missing()


def test_nothing_is_missing_from_enough():
    docs = {f"d{number}": Doc(f"d{number}", "word") for number in range(300)}
    assert training_data(QUERIES, {"q1": dict.fromkeys(docs, 1)}, docs, {}).missing() == ""


def test_another_grade_or_text_is_other_data():
    same = training_data(QUERIES, QRELS, DOCS, {}).data_hash
    assert training_data(QUERIES[::-1], QRELS, DOCS, {}).data_hash == same
    assert training_data(QUERIES, {**QRELS, "q2": {"d3": 1}}, DOCS, {}).data_hash != same
    assert training_data(QUERIES, QRELS, {**DOCS, "d3": Doc("d3", "other")}, {}).data_hash != same


def test_queries_are_known_by_the_hashes_of_their_texts():
    assert query_hashes(QUERIES[:1]) == {text_hash("one")}


def test_each_query_is_held_out_once_and_a_text_never_stands_in_two_folds():
    queries = [Query(f"q{number}", f"text {number // 2}" + " " * (number % 2)) for number in range(40)]
    inside = folds(queries, 5, seed=3)
    assert inside.shape == (5, 40)
    assert ((~inside).sum(axis=0) == 1).all()
    assert ((~inside).sum(axis=1) == 8).all()
    assert (inside[:, ::2] == inside[:, 1::2]).all()
    assert not (inside == folds(queries, 5, seed=4)).all()


def test_folds_need_as_many_different_texts():
    with pytest.raises(SettingsError, match="as many different queries; there are 3"):
        folds(QUERIES, 4)


def test_a_smaller_share_lies_within_a_larger_one():
    inside = np.array([True] * 16 + [False] * 4)
    quarter, half = part_of(inside, 0.25, 1), part_of(inside, 0.5, 1)
    assert (quarter.sum(), half.sum(), part_of(inside, 1.0, 1).sum()) == (4, 8, 16)
    assert (half >= quarter).all()
    assert not half[16:].any()
