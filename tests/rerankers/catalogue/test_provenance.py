"""Where a row's facts come from, and what follows it."""

from __future__ import annotations

import re
from datetime import date

import pytest

from rerank_core.rerankers.catalogue.catalog import catalog, get
from rerank_core.rerankers.catalogue.origin import describe_origin
from rerank_core.rerankers.catalogue.provenance import COUNTED, COUNTED_IN_FILE, FACTS, POSITIONS, Provenance
from rerank_core.rerankers.catalogue.provenance_rows import PROVENANCE

# no published model of its own: nothing came out, and nothing follows it
NO_MODEL_OF_ITS_OWN = {
    "first-stage", "http-rerank", "llm-pointwise", "llm-listwise", "langchain-compressor", "llama-index-postprocessor",
}  # fmt: skip
NO_PAGE = {COUNTED, COUNTED_IN_FILE, POSITIONS}


def value(model_id: str, fact: str) -> object:
    """What the row says of the fact; None: nothing."""
    row = PROVENANCE[model_id] if fact in ("released", "deprecated", "replaced by") else get(model_id)
    return getattr(row, fact.replace(" ", "_"))


def test_every_row_that_stands_for_a_published_model_has_a_source() -> None:
    assert {model.id for model in catalog()} - NO_MODEL_OF_ITS_OWN == set(PROVENANCE)


def test_a_row_without_a_model_of_its_own_has_no_weights() -> None:
    assert {(get(name).source, get(name).parameters or None) for name in NO_MODEL_OF_ITS_OWN} == {("", None)}


@pytest.mark.parametrize("model_id", PROVENANCE)
def test_dates_are_iso_and_not_in_the_future_of_the_look_up(model_id: str) -> None:
    known = PROVENANCE[model_id]
    assert re.fullmatch(r"https://\S+", known.source)
    read = date.fromisoformat(known.read)
    for day in filter(None, (known.released, known.deprecated)):
        assert date.fromisoformat(day if len(day) == 10 else f"{day}-01") <= read


@pytest.mark.parametrize("model_id", PROVENANCE)
def test_a_source_of_its_own_is_another_than_the_rows_and_of_a_fact_that_the_row_has(model_id: str) -> None:
    known = PROVENANCE[model_id]
    for fact, source in known.sources.items():
        assert fact in FACTS
        assert value(model_id, fact) is not None, fact
        assert source != known.source
        assert source in NO_PAGE or re.search(r"https://\S+$", source)


@pytest.mark.parametrize("model_id", [model.id for model in catalog() if model.hosting == "local" and model.source])
def test_weights_that_can_be_had_tell_when_they_came_out(model_id: str) -> None:
    assert PROVENANCE[model_id].released


@pytest.mark.parametrize("model_id", [name for name, known in PROVENANCE.items() if known.replaced_by])
def test_what_replaces_a_row_is_a_later_row_of_its_family(model_id: str) -> None:
    seen = [model_id]
    while (known := PROVENANCE.get(seen[-1])) and known.replaced_by:
        assert get(known.replaced_by).family == get(model_id).family
        assert known.replaced_by not in seen
        later = PROVENANCE[known.replaced_by].released
        assert later is None or later > (known.released or "")
        seen.append(known.replaced_by)


def test_the_same_weights_have_the_same_history() -> None:
    assert PROVENANCE["flag-bge-reranker-v2-m3"] == PROVENANCE["bge-reranker-v2-m3"]
    assert PROVENANCE["minilm-maxsim"] == PROVENANCE["minilm-cosine"]


def test_facts_of_one_page_are_named_together_in_a_fixed_order() -> None:
    known = Provenance("https://a.org", sources={"parameters": "https://b.org", "licence": "https://b.org"})
    assert known.text == "https://a.org (2026-11-29); licence, parameters: https://b.org"


def test_a_row_tells_when_it_came_out_what_follows_it_and_where_each_fact_is_from() -> None:
    assert describe_origin("voyage-rerank-2.5-lite") == {
        "Released": "2025-08-11",
        "Deprecated": None,
        "Replaced by": "voyage-rerank-3-lite",
        "Facts from": "https://vercel.com/ai-gateway/models/rerank-2.5-lite (2026-11-29); "
        "replaced by: https://openrouter.ai/voyageai/rerank-3-lite-20260930; "
        "price: https://docs.voyageai.com/docs/pricing (2026-07)",
    }
    assert set(describe_origin("cohere:some-name").values()) == {None}
