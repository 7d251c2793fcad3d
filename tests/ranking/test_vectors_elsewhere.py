"""A connected engine's vectors come from the one door of dense models: its prefixes, its services, its price."""

from __future__ import annotations

import pytest

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.experiment.connected import connect_dataset
from rerank_core.ranking.elsewhere import Elsewhere
from rerank_core.ranking.filling import fill
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.retrieval.settings import RetrievalSettings
from tests.conftest import BIRD_QUERIES, BIRDS
from tests.rerankers.services.conftest import Service

NEAR = '{"query": "{{vector}}", "using": "meaning", "limit": "{{k}}"}'


class Embeddings(Service):
    """Answers as a server of one's own does: how often three words stand in a text."""

    def answer(self, request):
        texts = request.body["input"]
        rows = [[1.0 + text.lower().count(word) for word in ("vole", "fish", "query:")] for text in texts]
        data = [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(rows)]
        return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = Embeddings()
    yield running
    running.stop()


def texts_of(service):
    return [text for request in service.requests for text in request.body["input"]]


def test_passages_and_queries_go_to_the_service_with_the_models_prefixes_and_not_before_somebody_pays(
    workspace, birds, service, tmp_path
):
    source = EngineSource(
        "qdrant",
        (tmp_path / "q").as_uri(),
        "birds",
        Fields("docid", "text", "title", (), "meaning"),
        vector_model="openai:e5-small",
        vector_address=f"{service.url}/v1",
    )
    with pytest.raises(NotReadyError, match=r"e5-small .* has not embedded birds yet\. 4 texts to embed.*--pay"):
        fill(workspace, birds, source)
    assert service.requests == []
    assert fill(workspace, birds, source, pay=True).put == len(BIRDS)
    assert sorted(texts_of(service)) == sorted(f"passage: {doc.content}" for doc in BIRDS)
    service.requests.clear()
    # all passages are embedded: nothing is sent, so nobody has to pay
    assert fill(workspace, birds, source).there == len(BIRDS)
    row = connect_dataset(workspace, "elsewhere", source, [Template("near", NEAR)], BIRD_QUERIES[:1])
    elsewhere = Elsewhere(workspace)
    settings = RetrievalSettings(("engine:near",), depth=10)
    found = elsewhere.first_stage(row).retrieve("q1", BIRD_QUERIES[0].text, settings)
    elsewhere.close()
    assert texts_of(service) == [f"query: {BIRD_QUERIES[0].text}"]
    assert {doc.docid for doc in found.docs} == {doc.docid for doc in BIRDS}


def test_prefixes_of_ones_own_reach_the_model_that_runs_here(workspace, birds):
    def keyed(**prefixes):
        return Elsewhere(workspace).encoder(EngineSource("http", "http://a", **prefixes))

    plain, other = keyed(), keyed(query_prefix="find: ", passage_prefix="text: ")
    assert plain.key != other.key
    text = "who eats fish"
    assert other.encode_query(text) == pytest.approx(plain.encode_query(f"find: {text}"), abs=1e-5)


def test_a_source_says_its_vectors_and_is_kept_as_before_where_it_says_nothing():
    plain = EngineSource("http", "http://a", fields=Fields("id", "text"))
    assert not {"vector_address", "vector_key", "query_prefix", "passage_prefix"} & set(plain.to_dict())
    asked = EngineSource("http", "http://a", vector_model="voyage:voyage-4", vector_key="MY_KEY", query_prefix="")
    assert EngineSource.from_dict(asked.to_dict()) == asked
    assert asked.dense().keys == ("MY_KEY",)
    with pytest.raises(SettingsError, match="Only a service has an address"):
        EngineSource("http", "http://a", vector_address="http://b/v1")
