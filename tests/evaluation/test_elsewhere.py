from math import log2

import pytest

from rerank_core.errors import BadInputError
from rerank_core.evaluation.explain import ndcg_elsewhere
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import parse_measure

RANKING = ["x", "d2", "d4", "d1", "d3"]
GRADES = {"d1": 3, "d2": 2, "d3": 1, "d4": 0} | {f"n{i}": g for i, g in enumerate([3, 3, 2, 2, 2, 1, 1, 1])}
IDEAL = [3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1]


def dcg(gains):
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, 1))


def test_the_six_values_of_the_field_ours_first():
    linear, exponential = [0, 2, 0, 3, 1], [0, 3, 0, 7, 1]
    ideal_exponential = [2**grade - 1 for grade in IDEAL]
    by_hand = [
        dcg(linear) / dcg(IDEAL[:10]),
        dcg(exponential) / dcg(ideal_exponential[:10]),
        dcg(exponential) / dcg(ideal_exponential),
        dcg(linear) / dcg(IDEAL),
        dcg(exponential) / dcg(ideal_exponential[:5]),
        dcg(linear) / dcg([3, 2, 1, 0, 0]),
    ]
    found = ndcg_elsewhere(RANKING, GRADES, 10)
    assert [other.value for other in found] == pytest.approx(by_hand, abs=1e-12)
    assert [round(other.value, 4) for other in found] == [0.2852, 0.2603, 0.2567, 0.2777, 0.3048, 0.6176]
    assert round(found[0].value, 8) == 0.28516317
    assert [other.ours for other in found] == [True] + [False] * 5
    assert all(other.who and other.why for other in found)


def test_the_values_that_have_a_name_here_are_those_measures():
    found = ndcg_elsewhere(RANKING, GRADES, 10)
    for place, name in ((0, "nDCG@10"), (1, "nDCG_exp@10"), (3, "nDCG")):
        measure = parse_measure(name)
        assert found[place].value == evaluate_query(RANKING, GRADES, [measure])[measure]


def test_nothing_relevant_is_0_everywhere():
    assert {other.value for other in ndcg_elsewhere(RANKING, {"d1": 0, "d2": -1})} == {0.0}
    assert {other.value for other in ndcg_elsewhere([], GRADES)} == {0.0}


def test_a_document_that_stands_twice_is_refused():
    with pytest.raises(BadInputError):
        ndcg_elsewhere(["d1", "d1"], GRADES)
