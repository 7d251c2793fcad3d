"""What an answer costs, by what the service itself says that it counted."""

from __future__ import annotations

from rerank_core.rerankers.catalogue.pricing import cost


def test_cohere_costs_by_what_its_answer_counts(opened, service) -> None:
    reranker = opened("cohere")
    reranker.score("fish", ["fish", "voles"])
    by_units = reranker.usage()
    assert by_units == {"requests": 1, "search_units": 1}
    assert cost("cohere-rerank-v5.0-fast", by_units) is None
    service.change = lambda answer: {**answer, "meta": {"billed_units": {"input_tokens": 1000}}}
    reranker.score("fish", ["fish", "voles"])
    by_tokens = reranker.usage()
    assert by_tokens == {"requests": 1, "tokens": 1000}
    assert cost("cohere-rerank-v5.0-fast", by_tokens) == 1000 * 0.02 / 1_000_000
    assert cost("cohere-rerank-v3.5", by_tokens) is None
