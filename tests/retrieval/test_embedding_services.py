"""Vectors from services: the real libraries against a server on this machine that speaks their protocols."""

from __future__ import annotations

import json
from zlib import crc32

import numpy as np
import pytest

from rerank_core.errors import NotReadyError, ProviderError, SettingsError
from rerank_core.retrieval.dense import DenseRetriever
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.embedding_services.cost import index_cost
from rerank_core.retrieval.embedding_services.service_encoder import ServiceEncoder, limits
from rerank_core.retrieval.encoders import open_encoder, what_is_missing
from rerank_core.types import Doc
from tests.rerankers.services.conftest import SENTINEL, Reply, Service
from tests.retrieval.conftest import DictStore, ListedCorpus

KEYS = ("OPENAI_API_KEY", "CO_API_KEY", "VOYAGE_API_KEY", "GPU_KEY")
WORDS = ("cat", "dog", "fish")
DOCS = [Doc("d1", "cat cat"), Doc("d2", "dog"), Doc("d3", "fish cat"), Doc("d4", "   "), Doc("d5", "dog")]


def vector(text):
    """How often each word stands in a text, and a trace of the text itself so that no vector is nothing."""
    return [*(float(text.split().count(word)) for word in WORDS), 0.001 + crc32(text.encode()) / 2**40]


class Embeddings(Service):
    """Answers /embeddings as OpenAI and Voyage do, in reversed order, and /v2/embed as Cohere does."""

    def answer(self, request):
        if request.path == "/v2/embed":
            rows = [vector(text) for text in request.body["texts"]]
            billed = {"billed_units": {"input_tokens": 7}}
            return {"id": "1", "response_type": "embeddings_by_type", "embeddings": {"float": rows},
                    "texts": request.body["texts"], "meta": {"api_version": {"version": "2"}, **billed}}  # fmt: skip
        rows = [
            {"object": "embedding", "index": index, "embedding": vector(text)}
            for index, text in enumerate(request.body["input"])
        ]
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        return {"object": "list", "data": rows[::-1], "model": request.body["model"], "usage": usage}


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name in KEYS:
        monkeypatch.setenv(name, SENTINEL)
    monkeypatch.delenv("COHERE_API_KEY", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service():
    running = Embeddings()
    running.opened = []
    yield running
    for encoder in running.opened:
        encoder.close()
    running.stop()


def model_of(service, kind, **more):
    names = {"openai": ("openai:e5-small", "/v1"), "cohere": ("cohere:embed-v4.0", ""), "voyage": ("voyage:v", "/v1")}
    name, path = names[kind]
    return DenseModel(name, service.url + path, **more)


def encoder_of(service, kind, **more):
    """An encoder that does not really wait between two tries."""
    encoder = ServiceEncoder(model_of(service, kind, **more))
    encoder._open().provider._sleep = lambda seconds: None
    service.opened.append(encoder)
    return encoder


SERVICES = ("openai", "cohere", "voyage")
KNOWN = {"openai": ("query: ", "passage: "), "cohere": ("", ""), "voyage": ("", "")}
"""What stands before the texts: the server of one's own serves an E5 model."""


@pytest.mark.parametrize("kind", SERVICES)
def test_texts_come_back_as_unit_vectors_in_their_order(service, kind):
    texts = ["cat", "dog dog", "fish"]
    found = encoder_of(service, kind).encode_documents(texts)
    wanted = np.array([vector(KNOWN[kind][1] + text) for text in texts])
    assert np.allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("kind", SERVICES)
def test_a_query_is_asked_for_as_one(service, kind):
    encoder = encoder_of(service, kind)
    encoder.encode_query("cat")
    encoder.encode_documents(["cat"])
    query, passage = (request.body for request in service.requests)
    if kind == "openai":
        assert (query["input"], passage["input"]) == (["query: cat"], ["passage: cat"])
        assert "input_type" not in query
    elif kind == "voyage":
        assert (query["input_type"], passage["input_type"]) == ("query", "document")
    else:
        assert (query["input_type"], passage["input_type"]) == ("search_query", "search_document")
    assert {request.headers["Authorization"] for request in service.requests} <= {f"Bearer {SENTINEL}", None}


def test_our_server_speaks_as_openais_own_library_reads(service):
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(api_key="k", base_url=f"{service.url}/v1", max_retries=0)
    answer = client.embeddings.create(model="m", input=["cat", "dog"], encoding_format="float")
    client.close()
    assert {row.index: row.embedding for row in answer.data}[1] == vector("dog")


@pytest.mark.parametrize("kind", SERVICES)
def test_a_refused_key_is_told_without_the_key(service, kind):
    service.script = [Reply(401, {"message": f"bad key {SENTINEL}"})]
    with pytest.raises(ProviderError) as caught:
        encoder_of(service, kind).encode_query("cat")
    assert (caught.value.status, caught.value.retryable) == (401, False)
    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize("kind", SERVICES)
def test_too_many_requests_are_tried_again(service, kind):
    service.script = [Reply(429, {}, {"Retry-After": "1"}), Reply(503, {})]
    encoder = encoder_of(service, kind)
    assert encoder.encode_query("cat").shape == (4,)
    assert encoder.usage() == {"requests": 3, "retries": 2, "tokens": 7}


@pytest.mark.parametrize("kind", SERVICES)
def test_a_server_that_hangs_or_hangs_up_is_a_transport_failure(service, kind):
    encoder = encoder_of(service, kind)
    encoder._open().provider.timeout = 0.3
    service.script = [Reply(wait=1.0, body={}), *[Reply(cut=True)] * 4]
    with pytest.raises(ProviderError) as caught:
        encoder.encode_query("cat")
    assert (caught.value.status, caught.value.retryable) == (None, True)


def rows_of(answer):
    return answer["embeddings"]["float"] if "embeddings" in answer else answer["data"]


def set_vector(answer, place, values):
    rows = rows_of(answer)
    if "embeddings" in answer:
        rows[place] = values
    else:
        rows[place]["embedding"] = values
    return answer


def half(answer):
    del rows_of(answer)[1:]
    return answer


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (half, "gave 1 vectors for 2 texts"),
        (lambda answer: set_vector(answer, 0, [1.0, 2.0]), "several lengths"),
        (lambda answer: set_vector(answer, 0, [float("nan")] * 4), "no finite numbers"),
        (lambda answer: set_vector(answer, 0, [0.0] * 4), "zeros"),
    ],
    ids=["half", "dimension", "nan", "zeros"],
)
def test_an_answer_that_cannot_be_right_is_no_answer(service, kind, change, problem):
    service.change = change
    with pytest.raises(ProviderError, match=problem):
        encoder_of(service, kind).encode_documents(["cat", "dog"])


def test_an_index_that_is_repeated_or_was_not_sent_is_no_answer(service):
    def repeated(answer):
        answer["data"][0]["index"] = answer["data"][1]["index"]
        return answer

    service.change = repeated
    with pytest.raises(ProviderError, match="repeated or was not sent"):
        encoder_of(service, "openai").encode_documents(["cat", "dog"])


def test_vectors_of_another_length_later_are_another_model(service):
    encoder = encoder_of(service, "openai")
    encoder.encode_documents(["cat"])
    service.change = lambda answer: set_vector(answer, 0, [1.0, 2.0])
    with pytest.raises(ProviderError, match="vectors of 2 numbers, where those before had 4"):
        encoder.encode_query("cat")


def test_requests_hold_no_more_texts_than_the_service_takes(service):
    encoder_of(service, "cohere").encode_documents([f"cat {place}" for place in range(200)])
    assert [len(request.body["texts"]) for request in service.requests] == [96, 96, 8]
    assert limits(DenseModel("openai:m", "http://gpu:80/v1")) == (32, 300_000)


def test_a_stopped_index_goes_on_where_it_was_and_pays_for_no_text_twice(service, tmp_path):
    encoder, store, corpus = encoder_of(service, "openai"), DictStore(), ListedCorpus(DOCS)
    encoder._most = 1
    cost = index_cost(corpus, encoder.model, encoder.key, store)
    assert (cost.passages, cost.texts, cost.usd) == (5, 3, None)  # one is blank, one says what another does

    class StopError(Exception):
        pass

    def stop(done, total, message=""):
        if done >= 2:
            raise StopError

    with pytest.raises(StopError):
        DenseRetriever.build(corpus, tmp_path / "index", encoder, store, stop)
    sent = [text for request in service.requests for text in request.body["input"]]
    left = index_cost(corpus, encoder.model, encoder.key, store).texts
    assert 0 < left < 3
    found = DenseRetriever.build(corpus, tmp_path / "index", encoder, store)
    everything = [text for request in service.requests for text in request.body["input"]]
    assert len(everything) == len(set(everything)) == 3
    assert everything[: len(sent)] == sent
    assert found.retrieve("cat", 2).docids[0] == "d1"
    assert "nothing is sent" in index_cost(corpus, encoder.model, encoder.key, store).sentence()


def test_an_index_of_another_length_than_the_query_says_so(service, tmp_path):
    found = DenseRetriever.build(ListedCorpus(DOCS), tmp_path / "index", encoder_of(service, "openai"), DictStore())
    service.change = lambda answer: set_vector(answer, 0, [1.0, 2.0])
    again = DenseRetriever.load(tmp_path / "index", encoder_of(service, "openai"))
    with pytest.raises(NotReadyError, match="vectors of 2 numbers now, and the index has 4"):
        again.retrieve("cat", 2)
    assert found.retrieve("   ", 2).docs == ()


def test_the_cost_is_the_tokens_at_the_price_of_the_vendor():
    model = DenseModel("voyage:voyage-4-large")
    corpus = ListedCorpus([Doc("d1", "a" * 4_000_000)])
    cost = index_cost(corpus, model, "key", DictStore())
    assert (cost.tokens, cost.usd) == (1_000_000, 0.12)  # four characters of ASCII a token
    assert (
        cost.sentence()
        == "1 text to embed, about 1,000,000 tokens: about $0.12 at $0.12 per 1,000,000 tokens (2026-11, second hand)."
    )
    elsewhere = DenseModel("voyage:voyage-4-large", "http://gpu:80/v1")
    assert index_cost(corpus, elsewhere, "key", DictStore()).usd is None


def test_the_key_of_vectors_changes_with_all_that_changes_a_passage_and_with_nothing_else():
    def key(name="openai:m", address="http://gpu:80/v1", **more):
        return open_encoder(DenseModel(name, address, **more)).key

    assert key() == key(query_prefix="q: ", key_variable="GPU_KEY")
    assert len({key(), key("openai:n"), key(address="http://gpu:81/v1"), key(passage_prefix="p: ")}) == 4


def test_a_missing_key_is_said_before_anything_is_sent(service, monkeypatch):
    model = DenseModel("cohere:embed-v4.0", service.url)
    assert what_is_missing(model) is None
    monkeypatch.delenv("CO_API_KEY")
    assert "CO_API_KEY or COHERE_API_KEY" in what_is_missing(model).detail
    with pytest.raises(NotReadyError, match="CO_API_KEY"):
        ServiceEncoder(model).encode_query("cat")
    assert service.requests == []
    # a server of one's own asks for a key only where somebody named its variable
    assert what_is_missing(DenseModel("openai:m", service.url)) is None
    assert DenseModel("openai:m").keys == ("OPENAI_API_KEY",)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "openai:"},
        {"name": "openai:m", "address": "http://somebody:secret@gpu"},
        {"name": "openai:m", "key_variable": "sk-SENTINEL-5f3a9c"},
        {"name": "bundled", "address": "http://gpu"},
        {"name": "bundled", "query_prefix": "x" * 2001},
    ],
)
def test_what_cannot_be_a_dense_model_is_refused_without_repeating_a_key(values):
    with pytest.raises(SettingsError) as caught:
        DenseModel(**values)
    assert SENTINEL not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_key_is_in_no_settings(service):
    assert SENTINEL not in json.dumps(ServiceEncoder(model_of(service, "cohere")).key)
