"""Blend: weighted ranks and scaled scores."""

from __future__ import annotations

from dataclasses import replace
from math import fsum, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.spec import Blend, Member
from tests.systems.composites.scripted import DOCIDS, DOCS, QUERY, Members, candidates, tables

THREE = candidates("abc")
A = {"a": -4.0, "b": 0.0, "c": 4.0}  # order: c b a
B = {"a": 1.0, "b": 3.0, "c": 1.0}  # order: b a c


def both(by, a: float = 1.0, b: float = 1.0, **settings) -> Blend:
    return Blend((Member("A", a), Member("B", b)), by, **settings)


def test_by_rank_is_reciprocal_rank_fusion_with_shares() -> None:
    ranking = apply(both("rank", 3, 1, rrf_k=10), QUERY, THREE, DOCS, Members({"A": A, "B": B}))
    scores = {doc.docid: doc.score for doc in ranking.docs}
    assert scores["a"] == pytest.approx(3 / 4 * 1 / (10 + 3) + 1 / 4 * 1 / (10 + 2))
    assert scores["b"] == pytest.approx(3 / 4 * 1 / (10 + 2) + 1 / 4 * 1 / (10 + 1))
    assert scores["c"] == pytest.approx(3 / 4 * 1 / (10 + 1) + 1 / 4 * 1 / (10 + 3))
    assert ranking.docids == ("c", "b", "a")


def test_by_minmax_is_the_weighted_place_between_lowest_and_highest_score() -> None:
    ranking = apply(both("minmax", 1, 3), QUERY, THREE, DOCS, Members({"A": A, "B": B}))
    scores = {doc.docid: doc.score for doc in ranking.docs}
    # A: 0, 1/2, 1; B: 0, 1, 0
    assert scores == pytest.approx({"a": 0.0, "b": 1 / 4 * 1 / 2 + 3 / 4 * 1, "c": 1 / 4 * 1})
    assert ranking.docids == ("b", "c", "a")


def test_by_zscore_is_the_weighted_distance_from_the_mean() -> None:
    ranking = apply(both("zscore"), QUERY, THREE, DOCS, Members({"A": A, "B": B}))
    scores = {doc.docid: doc.score for doc in ranking.docs}
    a = 4 / sqrt((16 + 0 + 16) / 3)
    mean = (1 + 3 + 1) / 3
    deviation = sqrt((2 * (1 - mean) ** 2 + (3 - mean) ** 2) / 3)
    assert scores["a"] == pytest.approx(-a / 2 + (1 - mean) / deviation / 2)
    assert scores["b"] == pytest.approx(0 + (3 - mean) / deviation / 2)
    assert scores["c"] == pytest.approx(a / 2 + (1 - mean) / deviation / 2)


def test_the_first_stage_is_a_member_as_any_other() -> None:
    spec = Blend((Member("first-stage"), Member("A")), "minmax")
    ranking = apply(spec, QUERY, THREE, DOCS, Members({"A": A}, first_stage=THREE))
    # first stage 9, 8, 7: 1, 1/2, 0; A: 0, 1/2, 1: all alike, so the candidates' order stays
    assert [doc.score for doc in ranking.docs] == pytest.approx([0.5, 0.5, 0.5])
    assert ranking.docids == ("a", "b", "c")


@pytest.mark.parametrize("by", ["zscore", "minmax"])
def test_a_member_without_scores_is_refused_where_scores_are_blended(by: str) -> None:
    with pytest.raises(SettingsError, match="B gives an order without scores"):
        apply(both(by), QUERY, THREE, DOCS, Members({"A": A, "B": list("cab")}))


def test_a_member_without_scores_blends_by_rank() -> None:
    ranking = apply(both("rank", 1, 9), QUERY, THREE, DOCS, Members({"A": A, "B": list("acb")}))
    assert ranking.docids == ("a", "c", "b")


def test_a_member_of_weight_0_is_not_asked_and_adds_nothing() -> None:
    members = Members({"A": A, "B": B})
    ranking = apply(both("zscore", 1, 0), QUERY, THREE, DOCS, members)
    assert [system for system, _ in members.asked] == ["A"]
    assert all(doc.parts["B"] == 0.0 for doc in ranking.docs)


def test_a_member_that_fails_fails_the_blend() -> None:
    def broken(system, given):
        raise RerankLensError("B: no answer")

    with pytest.raises(RerankLensError, match="B: no answer"):
        apply(both("rank"), QUERY, THREE, DOCS, broken)


def test_a_member_that_loses_a_passage_is_refused() -> None:
    with pytest.raises(RerankLensError, match="A did not return exactly the 3 passages"):
        apply(both("rank"), QUERY, THREE, DOCS, lambda system, given: replace(given, docs=given.docs[1:]))


def test_the_most_tokens_that_a_member_cut_are_reported() -> None:
    members = Members({"A": A, "B": B})

    def cutting(system, given):
        ranking = members(system, given)
        return replace(ranking, docs=tuple(replace(doc, tokens_cut=7 if system == "A" else 3) for doc in ranking.docs))

    assert {doc.tokens_cut for doc in apply(both("rank"), QUERY, THREE, DOCS, cutting).docs} == {7}


def test_no_candidates_ask_nobody() -> None:
    members = Members({})
    ranking = apply(both("rank"), QUERY, candidates(()), DOCS, members)
    assert (ranking.docs, members.asked) == ((), [])


BY = st.sampled_from(["rank", "zscore", "minmax"])


@given(BY, tables(), tables())
def test_all_weight_on_one_member_is_that_member(by, a, b) -> None:
    members = Members({"A": a, "B": b})
    assert apply(both(by, 1, 0), QUERY, candidates(), DOCS, members).docids == members("A", candidates()).docids


@given(BY, tables(), tables(), st.floats(0.1, 9), st.floats(0.1, 9))
def test_parts_sum_up_to_the_score_and_equal_scores_keep_candidate_order(by, a, b, first, second) -> None:
    ranking = apply(both(by, first, second), QUERY, candidates(), DOCS, Members({"A": a, "B": b}))
    assert sorted(ranking.docids) == sorted(DOCIDS)
    for doc in ranking.docs:
        assert set(doc.parts) == {"A", "B"}
        assert fsum(doc.parts.values()) == doc.score
    keys = [(-doc.score, DOCIDS.index(doc.docid)) for doc in ranking.docs]
    assert keys == sorted(keys)


@given(BY, tables(), st.floats(0.1, 9))
def test_an_indifferent_member_moves_nothing(by, a, weight) -> None:
    members = Members({"A": a, "B": dict.fromkeys(DOCIDS, 2.0)})
    ranking = apply(both("minmax" if by == "rank" else by, 1, weight), QUERY, candidates(), DOCS, members)
    assert ranking.docids == members("A", candidates()).docids
