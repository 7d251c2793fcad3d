"""What each service is sent, to the letter of its protocol."""

from __future__ import annotations

import pytest
import yaml

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import SENTINEL, relevance

TEXTS = ["fish in rivers", "who eats fish", "voles"]
QUERY = "who eats fish"


def test_cohere_is_asked_as_its_library_asks(opened, service) -> None:
    opened("cohere", max_tokens_per_doc=512).score(QUERY, TEXTS)
    (sent,) = service.requests
    assert sent.path == "/v2/rerank"
    assert sent.headers["Authorization"] == f"Bearer {SENTINEL}"
    assert sent.body == {"model": "rerank-v3.5", "query": QUERY, "documents": TEXTS, "max_tokens_per_doc": 512}


def test_voyage_gets_the_instruction_before_the_query(opened, service) -> None:
    opened("voyage-instructed").score(QUERY, TEXTS)
    opened("voyage").score(QUERY, TEXTS)
    assert [sent.path for sent in service.requests] == ["/voyage/v1/rerank"] * 2
    assert [sent.body["query"] for sent in service.requests] == [f"Prefer birds.\n{QUERY}", QUERY]
    assert service.requests[1].body == {
        "model": "rerank-2.5",
        "query": QUERY,
        "documents": TEXTS,
        "truncation": True,
    }


def test_jina_is_asked_for_scores_without_the_texts(opened, service) -> None:
    opened("jina").score(QUERY, TEXTS)
    (sent,) = service.requests
    assert sent.path == "/v1/rerank"
    assert sent.body == {
        "model": "jina-reranker-v2-base-multilingual",
        "query": QUERY,
        "documents": TEXTS,
        "return_documents": False,
    }


def test_a_server_with_documents_is_asked_as_vllm_and_infinity_want_it(opened, service) -> None:
    opened("http-documents").score(QUERY, TEXTS)
    assert service.requests[0].path == "/rerank"
    assert service.requests[0].body == {"model": "m", "query": QUERY, "documents": TEXTS, "top_n": len(TEXTS)}


@pytest.mark.parametrize("raw", [False, True])
def test_a_server_with_texts_is_asked_as_text_embeddings_inference_wants_it(raw, opened, service) -> None:
    opened("http-texts", raw_scores=raw).score(QUERY, TEXTS)
    assert service.requests[0].body == {"query": QUERY, "texts": TEXTS, "raw_scores": raw, "truncate": True}


@pytest.mark.parametrize("instruction", ["", "Prefer recent ones."])
def test_contextual_gets_an_instruction_only_where_there_is_one(instruction, opened, service) -> None:
    opened("contextual", instruction=instruction).score(QUERY, TEXTS)
    (sent,) = service.requests
    asked = {"model": "ctxl-rerank-v2-instruct-multilingual", "query": QUERY, "documents": TEXTS}
    assert (sent.path, sent.body) == ("/v1/rerank", asked | ({"instruction": instruction} if instruction else {}))


@pytest.mark.parametrize("path", ["/v1", "/v1/ranking/"])
def test_a_ranking_server_is_asked_as_nvidia_wants_it(path, opened, service) -> None:
    scores = opened("nvidia", base_url=service.url + path, truncate="NONE").score(QUERY, TEXTS)
    (sent,) = service.requests
    passages = [{"text": text} for text in TEXTS]
    assert sent.path == "/v1/ranking"
    assert sent.body == {"model": "m", "query": {"text": QUERY}, "passages": passages, "truncate": "NONE"}
    assert scores == [relevance(QUERY, text) for text in TEXTS]


def test_an_address_may_end_with_a_slash(opened, service) -> None:
    opened("http-documents", base_url=f"{service.url}/v1/").score(QUERY, TEXTS)
    assert service.requests[0].path == "/v1/rerank"


def test_long_lists_are_sent_in_batches_and_come_back_in_order(opened, service) -> None:
    texts = [f"{number} fish" for number in range(17)]
    scores = opened("http-texts").score(QUERY, texts)
    assert [len(sent.body["texts"]) for sent in service.requests] == [7, 7, 3]
    assert scores == [relevance(QUERY, text) for text in texts]


def test_voyage_gets_no_more_characters_than_tokens_are_allowed(opened, service) -> None:
    long = "fish " * 50_000  # 250,000 characters: two fit beside the query, three do not
    opened("voyage").score(QUERY, [long, long, long, "fish"])
    assert [len(sent.body["documents"]) for sent in service.requests] == [2, 2]


def test_jina_v3_gets_all_passages_at_once_and_nothing_is_kept(opened, service) -> None:
    docs = {str(number): Doc(str(number), f"fish {number}") for number in range(150)}
    candidates = Ranking("q", "x", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docs, 1)))
    reranker = opened("jina-v3")
    rerank(reranker, "s", Query("q", QUERY), candidates, docs, Forbidden(), "key")
    assert [len(sent.body["documents"]) for sent in service.requests] == [150]


class Forbidden:
    """A cache that must not be asked."""

    def get_many(self, *args):
        raise AssertionError("asked for kept scores")

    put_many = get_many


def test_cohere_gets_a_passage_with_a_title_as_yaml(opened) -> None:
    reranker = opened("cohere", metadata_fields="kind, year, text")
    doc = Doc("1", 'Terns: "dive"\nfor fish', "Möwen & Terns", {"kind": "bird", "year": 2020, "text": "no", "other": 1})
    sent = reranker.document(doc)
    assert yaml.safe_load(sent) == {"title": doc.title, "text": doc.text, "kind": "bird", "year": 2020}
    assert list(yaml.safe_load(sent)) == ["title", "text", "kind", "year"]
    assert "Möwen" in sent


def test_cohere_gets_a_passage_without_a_title_as_it_is(opened) -> None:
    doc = Doc("1", "Terns: dive", metadata={"kind": "bird"})
    assert opened("cohere").document(doc) == "Terns: dive"
    assert opened("cohere", structured=False).document(Doc("1", "text", "Title")) == "Title\ntext"


def test_the_yaml_is_what_is_scored_and_what_a_kept_score_belongs_to(opened, service) -> None:
    docs = {"1": Doc("1", "text", "Title", {"kind": "bird"})}
    candidates = Ranking("q", "x", (ScoredDoc("1", None, 1),))
    rerank(opened("cohere"), "s", Query("q", QUERY), candidates, docs)
    assert service.requests[0].body["documents"] == ["title: Title\ntext: text\n"]


@pytest.mark.parametrize(("row", "missing"), [("http-rerank", "base_url"), ("llm-pointwise", "model")])
def test_what_a_server_needs_must_be_said(row: str, missing: str) -> None:
    with pytest.raises(NotReadyError, match=rf"Needs settings: add it with its {missing}"):
        load(get(row), {})


def test_a_window_must_not_skip_passages(opened) -> None:
    with pytest.raises(SettingsError, match="step 30 is longer than window 20"):
        opened("llm-listwise", step=30)


def test_a_model_of_a_service_can_be_named(service, monkeypatch) -> None:
    pytest.importorskip("cohere")
    model = model_from_name("cohere", "rerank-v9.0-pro")
    assert get(model.id) == model
    reranker = load(model, {"base_url": service.url})
    reranker.score(QUERY, TEXTS)
    reranker.close()
    assert service.requests[0].body["model"] == "rerank-v9.0-pro"
    assert model_from_name("cohere", "rerank-v3.5") == get("cohere-rerank-v3.5")
