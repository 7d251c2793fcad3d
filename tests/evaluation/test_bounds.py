from itertools import product
from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_core.errors import BadInputError
from rerank_core.evaluation.bounds import ndcg_bounds
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import Measure


def brute_force(ranking, grades, max_grade, k):
    ndcg = Measure("nDCG", k)
    holes = [docid for docid in ranking[:k] if docid not in grades]
    values = [
        evaluate_query(ranking, {**grades, **dict(zip(holes, given_grades, strict=True))}, [ndcg])[ndcg]
        for given_grades in product(range(max_grade + 1), repeat=len(holes))
    ]
    return min(values), max(values)


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(
    slots=st.lists(st.sampled_from([None, None, -1, 0, 1, 2, 3, 4]), max_size=7),
    elsewhere=st.lists(st.integers(-1, 4), max_size=5),
    max_grade=st.integers(1, 3),
    k=st.integers(1, 6),
)
def test_no_grading_of_the_holes_leaves_the_bounds_and_both_are_reached(slots, elsewhere, max_grade, k):
    ranking = [f"d{i}" for i in range(len(slots))]
    grades = {f"d{i}": grade for i, grade in enumerate(slots) if grade is not None}
    grades |= {f"e{i}": grade for i, grade in enumerate(elsewhere)}
    found = ndcg_bounds(ranking, grades, max_grade, k)
    low, high = brute_force(ranking, grades, max_grade, k)
    assert found.low == pytest.approx(low, abs=1e-12)
    assert found.high == pytest.approx(high, abs=1e-12)
    ndcg = Measure("nDCG", k)
    assert found.actual == pytest.approx(evaluate_query(ranking, grades, [ndcg])[ndcg], abs=1e-12)
    assert found.holes == sum(slot is None for slot in slots[:k])


def test_a_relevant_document_below_can_lower_the_value_through_the_ideal():
    found = ndcg_bounds(["a", "x"], {"a": 1}, 3)
    # x graded 3: the ideal puts it first
    assert found.low == pytest.approx((1 + 3 / log2(3)) / (3 + 1 / log2(3)), abs=1e-12)
    assert (found.actual, found.high) == (1.0, 1.0)


def test_a_list_without_holes_cannot_move():
    found = ndcg_bounds(["a", "b"], {"a": 0, "b": 1, "c": 2}, 3)
    assert found.low == found.actual == found.high
    assert found.holes == 0


def test_an_ungraded_list_can_end_anywhere():
    found = ndcg_bounds(["a", "b", "c"], {}, 3)
    assert (found.low, found.actual, found.high, found.holes) == (0.0, 0.0, 1.0, 3)


def test_an_empty_ranking_has_no_holes():
    found = ndcg_bounds([], {"a": 1}, 3)
    assert (found.low, found.actual, found.high, found.holes) == (0.0, 0.0, 0.0, 0)


def test_holes_below_the_cutoff_do_not_count():
    assert ndcg_bounds(["a", "x"], {"a": 1}, 3, k=1).holes == 0


def test_a_hundred_holes_on_a_long_scale_are_no_burden():
    """Every hole graded 10 fills the whole ideal, which is cut at k = 100; every hole graded 0 gains nothing."""
    ranking = [f"d{i}" for i in range(100)]
    grades = {f"e{i}": i % 11 for i in range(60)}
    found = ndcg_bounds(ranking, grades, 10, k=100)
    assert (found.low, found.actual, found.holes) == (0.0, 0.0, 100)
    assert found.high == pytest.approx(1.0, abs=1e-12)


def test_a_scale_without_a_positive_grade_is_refused():
    with pytest.raises(BadInputError):
        ndcg_bounds(["a"], {}, 0)
