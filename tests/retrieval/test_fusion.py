from math import sqrt

import pytest

from rerank_core.errors import SettingsError
from rerank_core.retrieval.fusion import dbsf, fuse, minmax, rrf, union, zscore
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Ranking, ScoredDoc


def listed(**scores):
    """Docs in the order given, ranks from 1."""
    return tuple(ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(scores.items(), start=1))


BM25, DENSE = listed(a=9.0, b=5.0, c=1.0), listed(c=0.8, d=0.6)


def fused(fusion, bm25=BM25, dense=DENSE, **more):
    rankings = {"bm25": Ranking("q", "bm25", bm25), "dense": Ranking("q", "dense", dense)}
    return fuse(rankings, RetrievalSettings(fusion=fusion, **more))


def test_rrf_adds_reciprocal_ranks_and_nothing_for_a_list_without_the_passage():
    assert rrf([BM25, DENSE]) == pytest.approx({"a": 1 / 61, "b": 1 / 62, "c": 1 / 63 + 1 / 61, "d": 1 / 62})


def test_rrf_takes_its_k_from_the_settings():
    assert fused("rrf", rrf_k=1)[0] == ScoredDoc("c", pytest.approx(1 / 4 + 1 / 2), 1, {"bm25": 3, "dense": 1})


def test_rrf_ties_go_to_the_smaller_docid():
    assert [doc.docid for doc in fused("rrf")] == ["c", "a", "b", "d"]  # b and d: 1/62 both


def test_rrf_ranks_by_what_was_found_and_counts_ranks_from_1():
    dense, sparse = listed(X=0.9, a=0.8, Y=0.7), listed(b=9.0, c=8.0, Y=7.0)
    # Y: 2/63; X and b: 1/61; a and c: 1/62; ties by docid, capitals first
    assert [doc.docid for doc in fused("rrf", dense, sparse)] == ["Y", "X", "b", "a", "c"]


def test_rrf_does_not_read_scores():
    assert rrf([listed(a=None, b=None)]) == {"a": 1 / 61, "b": 1 / 62}


def test_rrf_of_swapped_ranks_ties_to_the_last_bit_for_any_number_of_lists():
    lists = [listed(a=3, b=2, c=1), listed(b=3, c=2, a=1), listed(c=3, a=2, b=1)]
    scores = rrf(lists)
    assert scores["a"] == scores["b"] == scores["c"]


def test_minmax_maps_each_list_to_0_to_1_and_counts_a_missing_passage_as_its_minimum():
    assert minmax([BM25, DENSE], (0.25, 0.75)) == pytest.approx(
        {"a": 0.25 * 1, "b": 0.25 * (5 - 1) / (9 - 1), "c": 0.25 * 0 + 0.75 * 1, "d": 0.75 * 0}
    )


def test_zscore_standardises_each_list_and_counts_a_missing_passage_as_its_minimum():
    deviation = sqrt(((9 - 5) ** 2 + 0 + (1 - 5) ** 2) / 3)  # of bm25: mean 5; dense has mean 0.7, deviation 0.1
    low, high = -4 / deviation, 4 / deviation
    assert zscore([BM25, DENSE], (0.5, 0.5)) == pytest.approx(
        {"a": 0.5 * (high - 1), "b": 0.5 * (0 - 1), "c": 0.5 * (low + 1), "d": 0.5 * (low - 1)}
    )


def test_weights_decide_who_wins():
    assert fused("minmax", weights=(3.0, 1.0))[0].docid == "a"
    assert fused("minmax", weights=(1.0, 3.0))[0].docid == "c"
    assert fused("minmax", weights=(0.0, 1.0))[0].docid == "c"


def test_a_list_of_equal_scores_counts_1_in_minmax_and_0_in_zscore():
    same = listed(x=2.0, y=2.0)
    assert minmax([same, DENSE], (0.5, 0.5)) == pytest.approx({"x": 0.5, "y": 0.5, "c": 0.5, "d": 0.0})
    assert zscore([same], (1.0,)) == {"x": 0.0, "y": 0.0}


def test_one_result_alone_counts_1_and_negative_scores_are_scaled():
    assert minmax([listed(x=-0.2), listed(y=-0.1, x=-0.5, z=-0.9)], (0.5, 0.5)) == pytest.approx(
        {"x": 0.5 + 0.5 * 0.5, "y": 0.5, "z": 0.0}
    )


@pytest.mark.parametrize("fusion", ["rrf", "minmax", "zscore", "dbsf", "union"])
def test_empty_lists_fuse(fusion):
    assert fused(fusion, bm25=(), dense=()) == ()
    assert [doc.docid for doc in fused(fusion, bm25=())] == ["c", "d"]


def test_dbsf_puts_the_ends_three_deviations_from_the_mean():
    # 9, 5, 1: mean 5, sample deviation 4, so -7 is 0 and 17 is 1; 8 and 4: mean 6, deviation sqrt(8)
    low, span = 6 - 3 * 8**0.5, 6 * 8**0.5
    assert dbsf([BM25, listed(c=8.0, d=4.0)], (0.5, 0.5)) == pytest.approx(
        {
            "a": 0.5 * (9 + 7) / 24,
            "b": 0.5 * (5 + 7) / 24,
            "c": 0.5 * (1 + 7) / 24 + 0.5 * (8 - low) / span,
            "d": 0.5 * (4 - low) / span,
        }
    )
    assert dbsf([listed(x=2.0, y=2.0)], (1.0,)) == {"x": 0.5, "y": 0.5}


def test_union_takes_turns_and_has_no_scores():
    assert union([BM25, DENSE]) == ["a", "c", "b", "d"]
    assert [doc.score for doc in fused("union")] == [None] * 4


def test_a_union_cut_anywhere_keeps_an_equal_part_of_each_list():
    left, right = listed(a=3, b=2, c=1), listed(x=3, y=2, z=1)
    assert union([left, right])[:4] == ["a", "x", "b", "y"]


@pytest.mark.parametrize("fusion", ["rrf", "minmax", "zscore", "dbsf", "union"])
def test_each_passage_says_who_found_it_at_which_rank(fusion):
    found_by = {doc.docid: doc.found_by for doc in fused(fusion)}
    assert found_by == {"a": {"bm25": 1}, "b": {"bm25": 2}, "c": {"bm25": 3, "dense": 1}, "d": {"dense": 2}}
    assert [doc.rank for doc in fused(fusion)] == [1, 2, 3, 4]


def test_one_retriever_alone_keeps_its_raw_scores():
    ranking = Ranking("q", "bm25", BM25)
    docs = fuse({"bm25": ranking}, RetrievalSettings(retrievers=("bm25",), fusion="minmax"))
    assert [(doc.docid, doc.score) for doc in docs] == [("a", 9.0), ("b", 5.0), ("c", 1.0)]


@pytest.mark.parametrize("fusion", ["minmax", "zscore", "dbsf"])
def test_an_order_without_scores_cannot_be_weighted(fusion):
    with pytest.raises(SettingsError, match="rrf or union"):
        fused(fusion, bm25=listed(a=None))
