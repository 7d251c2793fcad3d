"""Where a row's facts come from, and what follows it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from rerank_core.rerankers.catalog import catalog, get
from rerank_core.rerankers.provenance import PROVENANCE, told

# rows that were there before sources were written down
OLDER = {
    "first-stage", "minilm-cosine", "minilm-maxsim", "ms-marco-tinybert-l2-v2", "ms-marco-minilm-l6-v2",
    "ms-marco-minilm-l12-v2", "bge-reranker-v2-m3", "bge-reranker-base", "bge-reranker-large",
    "jina-reranker-v2-base-multilingual", "qwen3-reranker-0.6b", "qwen3-reranker-4b", "mxbai-rerank-base-v2",
    "mxbai-rerank-large-v2", "colbertv2.0", "gte-moderncolbert-v1", "answerai-colbert-small-v1",
    "splade-cocondenser-ensembledistil", "splade-v3", "splade-pp-en-v1", "flag-bge-reranker-v2-m3",
    "flag-bge-reranker-v2-gemma", "bge-reranker-v2-minicpm-layerwise", "bge-reranker-v2.5-gemma2-lightweight",
    "http-rerank", "llm-pointwise", "llm-listwise",
}  # fmt: skip


def test_every_new_row_has_a_source() -> None:
    assert {model.id for model in catalog()} - OLDER == set(PROVENANCE)


@pytest.mark.parametrize("model_id", PROVENANCE)
def test_dates_are_iso_and_not_in_the_future_of_the_look_up(model_id: str) -> None:
    known = PROVENANCE[model_id]
    assert re.fullmatch(r"https://\S+", known.source)
    read = date.fromisoformat(known.read)
    for day in filter(None, (known.released, known.deprecated)):
        assert date.fromisoformat(day if len(day) == 10 else f"{day}-01") <= read


@pytest.mark.parametrize("model_id", [name for name, known in PROVENANCE.items() if known.replaced_by])
def test_what_replaces_a_row_is_another_row_that_is_itself_reached_in_the_end(model_id: str) -> None:
    seen = [model_id]
    while (known := PROVENANCE.get(seen[-1])) and known.replaced_by:
        assert get(known.replaced_by).family == get(model_id).family
        assert known.replaced_by not in seen
        seen.append(known.replaced_by)


def test_a_row_tells_when_it_came_out_and_what_follows_it() -> None:
    assert told("voyage-rerank-2.5-lite") == {
        "Released": "2025-08-11",
        "Deprecated": None,
        "Replaced by": "voyage-rerank-3-lite",
        "Facts from": "https://vercel.com/ai-gateway/models/rerank-2.5-lite (2026-11-29)",
    }
    assert set(told("cohere:some-name").values()) == {None}
