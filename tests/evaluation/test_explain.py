from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_core.evaluation.explain import explain_ndcg
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import parse_measure


def test_every_place_shows_its_part_of_the_sum():
    found = explain_ndcg(["x", "b", "n"], {"a": 3, "b": 2, "n": -1}, 10)
    assert [(row.rank, row.docid, row.grade, row.gain) for row in found.rows] == [
        (1, "x", None, 0),
        (2, "b", 2, 2),
        (3, "n", -1, 0),
    ]
    assert [row.discount for row in found.rows] == [1 / log2(2), 1 / log2(3), 1 / log2(4)]
    assert found.rows[1].contribution == 2 / log2(3)
    assert [(row.rank, row.docid, row.grade, row.found_at) for row in found.ideal] == [
        (1, "a", 3, None),
        (2, "b", 2, 2),
    ]
    assert found.dcg == 2 / log2(3)
    assert found.ideal_dcg == 3 + 2 / log2(3)
    assert found.value == found.dcg / found.ideal_dcg


def test_equal_grades_in_the_ideal_stand_as_ranked_then_those_not_returned_by_docid():
    found = explain_ndcg(["b", "a"], {"a": 1, "b": 1, "z": 1, "y": 1})
    assert [row.docid for row in found.ideal] == ["b", "a", "y", "z"]


def test_the_cutoff_cuts_rows_and_ideal():
    found = explain_ndcg(["a", "b", "c"], {"a": 1, "b": 1, "c": 1}, 2)
    assert (len(found.rows), len(found.ideal), found.value) == (2, 2, 1.0)


def test_a_query_without_a_relevant_document_explains_a_0():
    found = explain_ndcg(["a"], {"a": 0})
    assert (found.value, found.ideal, found.ideal_dcg) == (0.0, (), 0.0)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    ranking=st.permutations(list("abcdefghijkl")),
    grades=st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.integers(-1, 4)),
    exponential=st.booleans(),
)
def test_the_explained_value_is_the_measured_value(ranking, grades, exponential):
    measure = parse_measure("nDCG_exp@10" if exponential else "nDCG@10")
    found = explain_ndcg(ranking, grades, 10, exponential)
    assert found.value == pytest.approx(evaluate_query(ranking, grades, [measure])[measure], abs=1e-12)
