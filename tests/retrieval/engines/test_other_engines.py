"""Qdrant in its local mode, a foreign server for OpenSearch's plain queries, an HTTP API, Python callables."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from osmem_server import resolve_binary

from rerank_core.errors import NotReadyError, ProviderError, SettingsError
from rerank_core.ranking.connecting import look
from rerank_core.rerankers.services import provider
from rerank_core.retrieval.engines.default_templates import default_templates
from rerank_core.retrieval.engines.engine import Asked
from rerank_core.retrieval.engines.open_engine import open_engine
from rerank_core.retrieval.engines.python_callable import Source
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.sparse import sparse_query
from rerank_core.retrieval.engines.template import Template
from rerank_core.retrieval.fusion import rrf
from rerank_core.types import Doc, ScoredDoc
from tests.conftest import BIRDS

VECTORS = [np.array(vector, np.float32) for vector in ([1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.8, 0.6])]


def places(hits):
    return [ScoredDoc(hit.doc.docid, hit.score, rank) for rank, hit in enumerate(hits, start=1)]


@pytest.fixture
def qdrant(tmp_path):
    """A collection on disk that was filled."""
    named = Fields("docid", "text", "title", ("kind",), "meaning")
    source = EngineSource("qdrant", (tmp_path / "q").as_uri(), "birds", named)
    engine = open_engine(source)
    engine.create(2)
    engine.put(BIRDS, VECTORS)
    yield source, engine
    engine.close()


def test_qdrant_is_filled_and_finds_by_vector_by_words_and_by_both(qdrant):
    source, engine = qdrant
    assert engine.indexes() == ["birds"]
    assert engine.missing(["d1", "nine"]) == {"nine"}
    columns = engine.columns("birds")
    assert {column.name: column.dimensions for column in columns if column.kind == "vector"} == {"meaning": 2}
    templates = {template.name: template for template in default_templates(source, columns)}
    assert list(templates) == ["hybrid", "meaning", "words"]
    asked = Asked("fish bills", 3, np.array([0.8, 0.6], np.float32), sparse_query("fish bills"))
    meaning, words = (engine.search(templates[name], asked) for name in ("meaning", "words"))
    # cosines with (0.8, 0.6): 1.0, 0.96, 0.8
    assert [(hit.doc.docid, round(hit.score, 4)) for hit in meaning] == [("007", 1.0), ("d2", 0.96), ("d1", 0.8)]
    assert words[0].doc.docid == "007"  # the one with "bills"
    assert {hit.doc.docid for hit in words} == {"007", "d1", "d3"}
    assert (words[0].doc.title, dict(words[0].doc.metadata)) == ("Puffins", {"kind": "bird"})
    fused = engine.search(templates["hybrid"], asked)
    # Qdrant's own RRF counts ranks from 0 with k = 2; the order is what both agree on first
    assert fused[0].doc.docid == max(rrf([places(meaning), places(words)]).items(), key=lambda one: one[1])[0]


def test_qdrant_says_in_one_line_what_is_wrong(qdrant, monkeypatch):
    source, engine = qdrant
    asked = Asked("fish", 3, np.array([0.8, 0.6], np.float32))
    with pytest.raises(SettingsError, match="no query of Qdrant"):
        engine.search(Template("t", '{"query": "{{vector}}", "prefetch": 7}'), asked)
    with pytest.raises(ProviderError, match=r"Qdrant at .*does not accept the request") as raised:
        engine.search(Template("t", '{"query": "{{vector}}", "using": "none"}'), asked)
    assert "\n" not in str(raised.value)
    monkeypatch.setattr(provider, "ATTEMPTS", 1)
    dead = open_engine(EngineSource("qdrant", "http://127.0.0.1:1", "birds", source.fields, timeout=2))
    with pytest.raises(ProviderError, match=r"Qdrant at 127\.0\.0\.1:1 \(birds\): cannot be reached"):
        dead.indexes()
    dead.close()


@pytest.fixture
def foreign_server():
    """The address of a program in a package, which serves a part of OpenSearch's API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [resolve_binary(), "-addr", f"127.0.0.1:{port}", "-no-stdin-watch"]
    with subprocess.Popen(command, **quiet) as program:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        program.kill()


def test_a_foreign_server_for_opensearch_answers_the_plain_queries(foreign_server):
    source = EngineSource("opensearch", foreign_server, "birds", Fields("_id", "body", "title"), timeout=20)
    engine = open_engine(source)
    engine.create(0)
    engine.put(BIRDS, [None] * len(BIRDS))
    engine.finish()
    assert engine.indexes() == ["birds"]
    columns = engine.columns("birds")
    assert {column.name for column in columns} >= {"body", "title"}
    (words,) = default_templates(source, columns)
    hits = engine.search(words, Asked("hovers over voles", 3))
    assert hits[0].doc.docid == "d2"
    assert hits[0].doc.text == BIRDS[1].text
    assert hits[0].score > 0
    gone = open_engine(EngineSource("opensearch", foreign_server, "gone", source.fields, timeout=20))
    with pytest.raises(ProviderError, match=r"\(gone\): does not know this index"):
        gone.search(words, Asked("x", 3))
    gone.close()
    engine.close()


class Api(BaseHTTPRequestHandler):
    """A search API as somebody might have written it."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_any()

    def do_POST(self):
        self.handle_any()

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, body, dict(self.headers)))
        status, content = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setattr(provider, "FIRST_WAIT", 0.01)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads, server.asked, server.answers = True, [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


HITS = json.dumps({"data": {"items": [{"ref": 7, "about": {"t": "A heron."}, "s": 0.5}]}}).encode()


def opened(api, **more):
    address = f"http://127.0.0.1:{api.server_address[1]}/v1"
    named = Fields("ref", "about.t", score="s")
    return open_engine(EngineSource("http", address, fields=named, hits="data.items", timeout=2, **more))


def test_an_api_is_asked_by_get_and_by_post_and_its_hits_are_found_by_paths(api, monkeypatch):
    monkeypatch.setenv("API_OF_TEST_KEY", "s3cret-value")
    engine = opened(api, key_variable="API_OF_TEST_KEY", key_header="X-Key")
    api.answers = [(200, HITS), (200, HITS)]
    get = Template("get", '{"path": "find", "params": {"q": "{{query}}", "n": "{{k}}"}}')
    (hit,) = engine.search(get, Asked("a & b=c#?", 5))
    assert (hit.doc, hit.score) == (Doc("7", "A heron."), 0.5)
    method, path, _, headers = api.asked[0]
    assert (method, path) == ("GET", "/v1/find?q=a+%26+b%3Dc%23%3F&n=5")
    assert headers["X-Key"] == "s3cret-value"
    assert "Authorization" not in headers
    post = Template("post", '{"body": {"text": "{{query}}", "limit": "{{k}}"}}')
    engine.search(post, Asked('say "no"', 5))
    assert api.asked[1][:2] == ("POST", "/v1")
    assert json.loads(api.asked[1][2]) == {"text": 'say "no"', "limit": 5}
    engine.close()


NESTED = json.dumps({
    "took": 3, "facets": [{"name": "kind", "count": 7}],
    "result": {"hits": [
        {"_id": 7, "rank": 1, "relevance": 0.5, "source": {"heading": "H", "body": "A heron waits.", "lang": "en"}},
        {"_id": 9, "rank": 2, "relevance": 0.4, "source": {"heading": None, "body": "Swifts sleep in the air."}},
    ]},
}).encode()  # fmt: skip


def test_where_the_hits_of_an_api_are_and_what_they_hold_is_guessed_from_three_hits(api, workspace):
    source = EngineSource("http", f"http://127.0.0.1:{api.server_address[1]}/v1", timeout=2)
    template = Template("find", '{"params": {"q": "{{query}}", "n": "{{k}}"}}')
    api.answers = [(200, NESTED), (200, NESTED)]
    found = look(workspace, source, [template], "a heron")
    assert found.source.hits == "result.hits"
    assert found.source.fields == Fields("_id", "source.body", "source.heading", ("source.lang",), score="relevance")
    assert [(hit["docid"], hit["text"], hit["score"]) for hit in found.hits["find"]] == [
        ("7", "A heron waits.", 0.5), ("9", "Swifts sleep in the air.", 0.4)
    ]  # fmt: skip
    assert ("source.body", "text") in [(column.name, column.kind) for column in found.columns]
    # what somebody named stays, and an answer without a usual name is told and not guessed
    odd = json.dumps([{"a1": "one text", "b1": "another"}]).encode()
    api.answers = [(200, odd)]
    found = look(workspace, replace(source, fields=Fields(docid="a1")), [template], "a heron")
    assert (found.source.hits, found.source.fields, dict(found.hits)) == ("", Fields(docid="a1"), {})
    assert [column.name for column in found.columns] == ["a1", "b1"]
    api.answers = [(200, b'{"hits": [], "took": 1}')]
    with pytest.raises(ProviderError, match="no list of hits for this question"):
        look(workspace, source, [template], "a heron")


@pytest.mark.parametrize(
    ("status", "content", "told"),
    [
        (401, b'{"error": "key s3cret-value is wrong"}', "refuses the key.*Name the environment variable"),
        (429, b"{}", "too many requests"),
        (500, b'{"error": "broken"}', "failed, tried 4 times.*broken"),
        (200, b'{"data": {"items": [{"ref"', "no whole JSON"),
        (200, b"<html>", "no whole JSON"),
        (200, b'{"data": {"hits": []}}', "no list of hits in 'data.items', it has data"),
        (200, b'{"data": {"items": [{"id": 7}]}}', "no id in 'ref', it has id"),
        (200, b'{"data": {"items": [7]}}', "it is empty"),
    ],
)
def test_an_api_that_fails_is_one_line(api, status, content, told):
    engine = opened(api)
    api.answers = [(status, content)] * 4
    with pytest.raises(ProviderError, match=told) as raised:
        engine.search(Template("t", '{"params": {"q": "{{query}}"}}'), Asked("x", 5))
    assert str(raised.value).startswith("HTTP API at 127.0.0.1:")
    assert "s3cret" not in str(raised.value)
    engine.close()


@pytest.mark.parametrize(
    "text",
    [
        '{"method": "DELETE", "params": {"q": "{{query}}"}}',
        '{"path": "//evil.example.com/x", "params": {"q": "{{query}}"}}',
        '{"path": "../admin", "params": {"q": "{{query}}"}}',
        '{"url": "http://evil.example.com", "params": {"q": "{{query}}"}}',
        '{"headers": {"Host": "evil"}, "params": {"q": "{{query}}"}}',
        '["{{query}}"]',
    ],
)
def test_a_template_does_not_leave_the_address(api, text):
    engine = opened(api)
    with pytest.raises(SettingsError):
        engine.search(Template("t", text), Asked("x", 5))
    assert api.asked == []
    engine.close()


def found(source, query="x", k=3):
    engine = open_engine(source.definition)
    return [(hit.doc.docid, hit.doc.text, hit.score) for hit in engine.search(source.templates[0], Asked(query, k))]


def test_a_function_answers_in_several_forms():
    source = Source(lambda query, k: [{"id": 7, "text": query, "score": 1}, ("b", "two", 0.5), ("c", "3")][:k], "forms")
    assert found(source, "one") == [("7", "one", 1.0), ("b", "two", 0.5), ("c", "3", None)]
    assert found(source, "one", 1) == [("7", "one", 1.0)]


def test_a_retriever_of_langchain_is_a_source():
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    class Birds(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document(page_content=doc.text, id=doc.docid, metadata={"title": doc.title}) for doc in BIRDS]

    source = Source(Birds())
    assert source.definition.label == "Python callable at Birds"
    assert [docid for docid, _, _ in found(source)] == ["d1", "d2", "d3"]


def test_a_node_of_llamaindex_is_read_by_its_protocol():
    # llama-index-core is no dependency: its NodeWithScore has .node and .score, a node .node_id and .get_content()
    class Node:
        node_id, metadata = "n1", {"title": "T"}

        def get_content(self):
            return "the text"

    class NodeWithScore:
        node, score = Node(), np.float32(0.25)

    class Retriever:
        def retrieve(self, query):
            return [NodeWithScore()]

    assert found(Source(Retriever(), "llama")) == [("n1", "the text", 0.25)]


def test_a_callable_that_fails_or_is_of_another_process_says_so():
    def broken(query, k):
        raise RuntimeError("the index is away\nand more")

    with pytest.raises(ProviderError, match="Python callable at broken: raised RuntimeError: the index is away: What"):
        found(Source(broken))
    with pytest.raises(SettingsError, match="not int"):
        found(Source(lambda query, k: [7], "odd"))
    with pytest.raises(SettingsError, match="is a function"):
        Source("no")
    with pytest.raises(NotReadyError, match="of another process"):
        open_engine(EngineSource("python", "python://unknown"))
