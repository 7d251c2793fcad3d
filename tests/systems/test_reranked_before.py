"""What has been reranked already is known by its names, and nothing else is."""

from __future__ import annotations

import pytest

from rerank_core.systems.reranked_before import fields_of_rerankers, is_run_of_reranker


def test_fields_of_rerankers_are_known_in_any_spelling():
    names = ["date", "relevance_score", "score", "@search.rerankerScore", "Rerank-Score", "relevance_score"]
    assert fields_of_rerankers(names) == ["relevance_score", "@search.rerankerScore", "Rerank-Score"]
    assert fields_of_rerankers(["relevance", "score", "rank", "bm25_score"]) == []


@pytest.mark.parametrize("name", ["bm25+monoT5", "run:rerank-v3", "my_cross-encoder.trec", "colbertv2", "RankZephyr"])
def test_a_run_of_a_reranker_is_known_by_its_name(name):
    assert is_run_of_reranker("other", name)


@pytest.mark.parametrize("name", ["bm25", "dense", "rrf", "frankfurt", "monday"])
def test_a_run_of_a_first_stage_is_not(name):
    assert not is_run_of_reranker(name)
