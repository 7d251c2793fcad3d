"""Prices as data, and what a ranking costs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.rerankers.catalogue.catalog import catalog, get
from rerank_core.rerankers.catalogue.pricing import CHAT_PRICES, PRICES, chat_price, cost, cost_per_1000, search_units


def test_a_search_unit_is_a_query_with_up_to_a_hundred_documents() -> None:
    assert search_units([]) == 0
    assert search_units([1]) == 1
    assert search_units([500] * 100) == 1
    assert search_units([500] * 101) == 2


def test_a_long_document_counts_as_its_chunks() -> None:
    assert search_units([501] * 50) == 1  # 50 x 2 chunks
    assert search_units([501] * 51) == 2
    assert search_units([50_001]) == 2  # 101 chunks


@given(st.lists(st.integers(0, 5000), max_size=300))
def test_more_documents_never_cost_less(tokens: list[int]) -> None:
    assert search_units(tokens) <= search_units([*tokens, 1])


def test_what_a_ranking_costs() -> None:
    assert cost("cohere-rerank-v3.5", {"requests": 1, "search_units": 3}) == 3 * 2.0 / 1000
    assert cost("voyage-rerank-2.5", {"tokens": 20_000}) == 20_000 * 0.05 / 1_000_000
    assert cost("voyage-rerank-2.5-lite", {"tokens": 20_000}) == 20_000 * 0.02 / 1_000_000


def test_what_is_not_known_costs_none_and_not_nothing() -> None:
    assert cost("llm-pointwise", {"input_tokens": 5}) is None
    assert cost("cohere-rerank-v3.5", {"requests": 1}) is None
    assert cost("cohere-rerank-v5.0-pro", {"requests": 1, "search_units": 1}) is None
    assert cost_per_1000("cohere-rerank-v3.5", [{"search_units": 1}, {}]) is None
    assert cost_per_1000("cohere-rerank-v3.5", []) is None


def test_a_thousand_searches_cost_a_thousand_times_the_mean() -> None:
    usages = [{"tokens": 10_000}, {"tokens": 30_000}]
    assert cost_per_1000("voyage-rerank-2.5", usages) == pytest.approx(1000 * 20_000 * 0.05 / 1_000_000)
    assert cost_per_1000("cohere-rerank-v3.5", [{"search_units": 1}]) == pytest.approx(2.0)


@pytest.mark.parametrize("model_id", PRICES)
def test_a_price_says_when_and_where_and_stands_in_the_row(model_id: str) -> None:
    price, row = PRICES[model_id], get(model_id)
    assert re.fullmatch(r"20\d\d-[01]\d", price.on)
    assert price.source
    assert row.cost == price.text
    assert row.price_per_1000 == (price.usd if price.unit == "search_units" else None)


def test_only_rows_with_a_known_price_show_one() -> None:
    assert {model.id for model in catalog() if model.price_per_1000 is not None} <= set(PRICES)


def test_a_language_models_price_is_by_address_and_name() -> None:
    known = chat_price("api.openai.com", "gpt-4o-mini")
    assert known is not None
    assert chat_price("api.openai.com", "gpt-4o-mini-2024-07-18") == known
    assert known.usd(2_000_000, 500_000) == pytest.approx(2 * known.input + 0.5 * known.output)
    assert chat_price("api.openai.com", "gpt-4o-mini-tuned") is None
    assert chat_price("gpu-1:8000", "gpt-4o-mini") is None


def test_every_price_of_a_language_model_has_a_month_and_a_source() -> None:
    for price in CHAT_PRICES.values():
        assert re.fullmatch(r"20\d\d-\d\d", price.on)
        assert price.source.startswith("https://")
        assert 0 < price.input < price.output
