from itertools import permutations
from math import log2

import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import parse_measure
from rerank_core.evaluation.oracle import ideal_order, mean_loss, oracle_ndcg, recall_ceiling, split_loss

CANDIDATES = ["a", "x", "b", "n", "c"]
GRADES = {"a": 0, "b": 1, "c": 3, "n": -1, "missed": 2}


def test_the_ideal_order_is_by_grade_then_candidate_rank():
    assert ideal_order(CANDIDATES, GRADES) == ["c", "b", "a", "x", "n"]


def test_no_order_of_the_candidates_beats_the_oracle():
    ndcg = parse_measure("nDCG@3")
    best = max(evaluate_query(order, GRADES, [ndcg])[ndcg] for order in permutations(CANDIDATES))
    assert oracle_ndcg(CANDIDATES, GRADES, 3) == pytest.approx(best, abs=1e-12)


def test_the_loss_is_split_between_retrieval_and_ordering():
    ideal = 3 + 2 / log2(3) + 1 / log2(4)
    oracle = (3 + 1 / log2(3)) / ideal
    actual = (1 / log2(4) + 3 / log2(6)) / ideal
    found = split_loss(CANDIDATES, CANDIDATES, GRADES, 10)
    assert found.oracle == pytest.approx(oracle, abs=1e-12)
    assert found.retrieval == pytest.approx(1 - oracle, abs=1e-12)
    assert found.ordering == pytest.approx(oracle - actual, abs=1e-12)
    assert found.actual + found.ordering + found.retrieval == pytest.approx(1, abs=1e-12)


def test_without_a_relevant_document_nothing_is_lost():
    assert split_loss(["a"], ["a"], {"a": 0}) is None
    assert oracle_ndcg(["a"], {}) is None
    assert recall_ceiling(["a"], {"a": 0}, [10]) is None


def test_nothing_retrieved_is_all_lost_by_retrieval():
    found = split_loss([], [], {"a": 1})
    assert (found.retrieval, found.ordering) == (1.0, 0.0)


def test_a_ranking_of_other_documents_than_the_candidates_is_refused():
    with pytest.raises(BadInputError, match="'z' is not among the candidates"):
        split_loss(["a", "z"], ["a", "b"], {"a": 1})


def test_the_mean_loss_leaves_out_queries_without_a_relevant_document():
    first, second = split_loss([], [], {"a": 1}), split_loss(["a"], ["a"], {"a": 1})
    found, n = mean_loss([first, None, second])
    assert (found.actual, found.retrieval, found.ordering, n) == (1 / 2, 1 / 2, 0.0, 2)
    assert mean_loss([None]) == (None, 0)


def test_the_recall_ceiling_rises_with_depth_and_asks_the_level():
    assert recall_ceiling(CANDIDATES, GRADES, [1, 3, 5, 100]) == {1: 0, 3: 1 / 3, 5: 2 / 3, 100: 2 / 3}
    assert recall_ceiling(CANDIDATES, GRADES, [5], level=2) == {5: 1 / 2}
