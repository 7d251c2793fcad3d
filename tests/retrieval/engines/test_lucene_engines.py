"""OpenSearch and Elasticsearch: the official clients against a server that speaks their documented requests."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rerank_core.errors import NotReadyError, ProviderError
from rerank_core.rerankers.services import provider
from rerank_core.retrieval.engines.default_templates import default_templates
from rerank_core.retrieval.engines.engine import Asked
from rerank_core.retrieval.engines.open_engine import open_engine
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.retrieval.fusion import minmax, rrf
from rerank_core.types import ScoredDoc
from tests.conftest import BIRDS
from tests.support.lucene_server import running

NAMED = Fields("_id", "body", "title", ("kind",), "embedding")
VECTORS = {"d1": [1.0, 0.0], "d2": [0.6, 0.8], "d3": [0.0, 1.0], "007": [0.8, 0.6]}
EXPECTED = {
    "opensearch": ["hybrid", "words", "meaning", "minmax"],
    "elasticsearch": ["hybrid", "words", "meaning", "linear"],
}


@pytest.fixture(params=["opensearch", "elasticsearch"])
def server(request, monkeypatch):
    monkeypatch.setattr(provider, "FIRST_WAIT", 0.01)
    with running(request.param) as state:
        yield state


@pytest.fixture
def source(server):
    return EngineSource(server.engine, server.url, "birds", NAMED, timeout=2)


@pytest.fixture
def engine(source):
    """An index that was filled by bulk."""
    opened = open_engine(source)
    opened.create(2)
    opened.put(BIRDS, [np.array(VECTORS[doc.docid], np.float32) for doc in BIRDS])
    opened.finish()
    yield opened
    opened.close()


def ask(engine, template, query="fish carry", k=3):
    vector = np.array([0.8, 0.6], np.float32)
    return engine.search(template, Asked(query, k, vector))


def by_name(engine, source):
    return {template.name: template for template in default_templates(source, engine.columns("birds"))}


def test_an_index_is_made_filled_and_read_back(engine, server):
    assert engine.indexes() == ["birds"]
    kinds = {column.name: (column.kind, column.dimensions) for column in engine.columns("birds")}
    vector = "knn_vector" if server.engine == "opensearch" else "dense_vector"
    assert kinds == {"body": ("text", 0), "title": ("text", 0), "embedding": (vector, 2)}
    assert engine.missing(["d1", "nine", "007"]) == {"nine"}
    engine.create(2)  # there already
    assert server.indexes["birds"]["docs"]["d3"]["kind"] == "mammal"


def test_hybrid_is_rrf_of_words_and_meaning_and_the_other_one_their_scores(engine, source, server):
    templates = by_name(engine, source)
    assert list(templates) == EXPECTED[server.engine]
    lists = [
        [ScoredDoc(hit.doc.docid, hit.score, rank) for rank, hit in enumerate(ask(engine, templates[name]), start=1)]
        for name in ("words", "meaning")
    ]
    assert [doc.docid for doc in lists[1]] == ["007", "d2", "d1"]
    for name, scores in (
        (EXPECTED[server.engine][0], rrf(lists)),
        (EXPECTED[server.engine][3], minmax(lists, [0.5, 0.5])),
    ):
        hits = ask(engine, templates[name])
        assert [hit.doc.docid for hit in hits] == sorted(scores, key=lambda one: (-scores[one], one))[:3]
        assert [hit.score for hit in hits] == pytest.approx([scores[hit.doc.docid] for hit in hits])
    first = ask(engine, templates["words"])[0].doc
    assert (first.docid, first.title, dict(first.metadata)) == ("007", "Puffins", {"kind": "bird"})
    assert "embedding" not in str(first)


def test_what_somebody_types_stays_one_value(engine, source, server):
    query = '"}, "size": 9999, "x": {"y": "'
    ask(engine, by_name(engine, source)["words"], query)
    body = server.asked[-1][2]
    assert body["query"]["multi_match"]["query"] == query
    assert body["size"] == 3


def test_params_stand_beside_the_body(engine, server):
    body = {"query": {"multi_match": {"query": "{{query}}", "fields": ["body"]}}, "size": "{{k}}"}
    params = {"search_pipeline": "mine"} if server.engine == "opensearch" else {"routing": "mine"}
    ask(engine, Template("t", json.dumps({"body": body, "params": params})))
    assert "=mine" in server.asked[-1][1]


@pytest.mark.parametrize(
    ("status", "headers", "content", "told"),
    [
        (
            429,
            {"Retry-After": "0"},
            b'{"error":{"type":"x","reason":"rejected"}}',
            "too many requests.*Set a rate limit",
        ),
        (503, {}, b'{"error":{"type":"x","reason":"no master"}}', "failed, tried 4 times.*no master"),
        (
            400,
            {},
            b'{"error":{"type":"x","reason":"bad vector"}}',
            "does not accept the request.*bad vector.*Check the t",
        ),
        (403, {}, b'{"error":{"type":"x","reason":"token abc"}}', "refuses the key"),
        (200, {}, b'{"hits":{"hits":[', "gave an answer that cannot be"),
        (200, {}, b'{"took":1,"hits":{}}', "no list in hits.hits"),
        (200, {}, b'{"timed_out":true,"hits":{"hits":[]}}', "in part: it ran out of time"),
        (200, {}, b'{"_shards":{"total":5,"failed":2},"hits":{"hits":[]}}', "in part: 2 of 5 shards failed"),
        (200, {}, b'{"hits":{"hits":[{"_id":"a","_source":{"title":"x"}}]}}', "no text in 'body', it has title, _id"),
    ],
)
def test_each_failure_is_one_line_with_the_address(engine, source, server, status, headers, content, told):
    template = by_name(engine, source)["words"]
    server.failures = [(status, headers, content)] * 4
    with pytest.raises(ProviderError, match=told) as raised:
        ask(engine, template)
    assert str(raised.value).startswith(f"{source.label}: ")
    assert "\n" not in str(raised.value)
    assert "token abc" not in str(raised.value)


def test_a_busy_engine_is_asked_again(engine, source, server):
    template = by_name(engine, source)["words"]
    server.failures = [(429, {"Retry-After": "0"}, b"{}"), (503, {}, b"{}")]
    assert ask(engine, template)[0].doc.docid == "007"


def test_nobody_listens_an_index_is_gone_a_field_is_missing(engine, source, server, monkeypatch):
    gone = open_engine(EngineSource(server.engine, server.url, "gone", NAMED, timeout=2))
    with pytest.raises(ProviderError, match=r"\(gone\): does not know this index.*no such index.*'gone' is there"):
        ask(gone, by_name(engine, source)["words"])
    gone.close()
    near = json.dumps(json.loads(by_name(engine, source)["meaning"].text)).replace("embedding", "vec")
    with pytest.raises(ProviderError, match=r"field \[vec\] does not exist"):
        ask(engine, Template("t", near))
    monkeypatch.setattr(provider, "ATTEMPTS", 1)
    dead = open_engine(EngineSource(server.engine, "http://127.0.0.1:1", "birds", NAMED, timeout=2))
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1:1 \(birds\): cannot be reached.*nothing listens there"):
        dead.indexes()
    dead.close()


def test_a_slow_engine_is_given_up(engine, source, server, monkeypatch):
    monkeypatch.setattr(provider, "ATTEMPTS", 1)
    quick = open_engine(EngineSource(server.engine, server.url, "birds", NAMED, timeout=0.3))
    template = by_name(engine, source)["words"]
    server.slow = 5.0
    with pytest.raises(ProviderError, match="gave no answer in time"):
        ask(quick, template)
    quick.close()


def test_the_key_goes_in_its_header_and_a_missing_one_is_named(server, source, monkeypatch):
    keyed = EngineSource(server.engine, server.url, "birds", NAMED, "BIRDS_KEY", timeout=2)
    monkeypatch.delenv("BIRDS_KEY", raising=False)
    with pytest.raises(NotReadyError, match="BIRDS_KEY"):
        open_engine(keyed)
    server.key = "ApiKey c2VjcmV0" if server.engine == "elasticsearch" else "Bearer c2VjcmV0"
    monkeypatch.setenv("BIRDS_KEY", "c2VjcmV0")
    opened = open_engine(keyed)
    assert opened.indexes() == []
    opened.close()
    monkeypatch.setenv("BIRDS_KEY", "ann:wrong")
    opened = open_engine(keyed)
    with pytest.raises(ProviderError, match=r"refuses the key.*Check the key in BIRDS_KEY") as raised:
        opened.indexes()
    opened.close()
    assert "wrong" not in str(raised.value)
    bare = open_engine(source)
    with pytest.raises(ProviderError, match="Name the environment variable"):
        bare.indexes()
    bare.close()


def test_a_redirect_is_not_followed(server, source, engine):
    before = len(server.asked)
    with running(server.engine) as other:
        server.failures = [(307, {"Location": f"{other.url}/birds/_search"}, b"")]
        with pytest.raises(ProviderError, match="sends us on to"):
            engine.indexes()
        assert other.asked == []
    assert len(server.asked) == before + 1


def test_a_passage_that_is_not_taken_is_named(engine):
    with pytest.raises(ProviderError, match=r"does not take 'd1'.*vector of 3, not 2"):
        engine.put(BIRDS[:1], [np.zeros(3, np.float32)])


def test_what_is_no_elasticsearch_says_so():
    with running("opensearch") as state:
        opened = open_engine(EngineSource("elasticsearch", state.url, "birds", NAMED, timeout=2))
        with pytest.raises(ProviderError, match="does not say that it is Elasticsearch"):
            opened.indexes()
        opened.close()
