"""A server that speaks the documented requests of OpenSearch and Elasticsearch, over passages in memory.

What it does not know it refuses with 400, as the real ones do. Words are scored by how often they come, vectors by an
exact cosine: enough to see whether a request asks for what it should.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class RefusedError(Exception):
    """An answer that is an error, as both engines write it."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(reason)
        error = {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}
        self.status, self.body = status, {"error": error, "status": status}


class Lucene:
    """The state: indexes, and what is to go wrong. `engine`: "opensearch" or "elasticsearch"."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.indexes: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str, Any, Mapping[str, str]]] = []
        self.key = ""
        self.failures: list[tuple[int, dict[str, str], bytes]] = []
        self.delay = threading.Event()
        self.slow = 0.0
        self.url = ""

    def answer(self, method: str, path: str, body: Any) -> Any:
        parts = [part for part in path.split("/") if part]
        if parts[:2] == ["_cat", "indices"]:
            return [{"index": name} for name in [*self.indexes, ".internal"]]
        if not parts or parts[0].startswith("_"):
            raise RefusedError(400, "illegal_argument_exception", f"no handler for {path}")
        return self._about(method, parts[0], parts[1] if len(parts) > 1 else "", body)

    def _about(self, method: str, index: str, what: str, body: Any) -> Any:
        if method == "PUT" and not what:
            if index in self.indexes:
                raise RefusedError(400, "resource_already_exists_exception", f"index [{index}] already exists")
            self.indexes[index] = {
                "mappings": body.get("mappings", {}),
                "settings": body.get("settings", {}),
                "docs": {},
            }
            return {"acknowledged": True, "index": index}
        if index not in self.indexes:
            raise RefusedError(404, "index_not_found_exception", f"no such index [{index}]")
        held = self.indexes[index]
        if what == "_mapping":
            return {index: {"mappings": held["mappings"]}}
        if what == "_refresh":
            return {"_shards": {"total": 1, "successful": 1, "failed": 0}}
        if what == "_mget":
            return {"docs": [{"_id": docid, "found": docid in held["docs"]} for docid in body["ids"]]}
        if what == "_bulk":
            return self._bulk(held, body)
        if what == "_search":
            return self._search(held, body)
        raise RefusedError(400, "illegal_argument_exception", f"no handler for {what}")

    def _bulk(self, held: dict[str, Any], lines: list[Any]) -> Any:
        items = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            docid = action["index"]["_id"]
            vector = next((value for value in source.values() if isinstance(value, list)), None)
            size = next((a.get("dimension") or a.get("dims") for a in held["mappings"]["properties"].values()
                         if "vector" in a["type"]), None)  # fmt: skip
            if vector is not None and size is not None and len(vector) != size:
                error = {"type": "mapper_parsing_exception", "reason": f"vector of {len(vector)}, not {size}"}
                items.append({"index": {"_id": docid, "status": 400, "error": error}})
                continue
            held["docs"][docid] = source
            items.append({"index": {"_id": docid, "status": 201}})
        return {"took": 1, "errors": any("error" in item["index"] for item in items), "items": items}

    def _search(self, held: dict[str, Any], body: dict[str, Any]) -> Any:
        known = {"query", "size", "_source", "knn", "retriever", "search_pipeline"}
        known -= {"knn", "retriever"} if self.engine == "opensearch" else {"search_pipeline"}
        if unknown := set(body) - known:
            raise RefusedError(400, "parsing_exception", f"unknown key [{min(unknown)}]")
        size = body.get("size", 10)
        if type(size) is not int:
            raise RefusedError(400, "parsing_exception", f"[size] is no number: {size!r}")
        if "retriever" in body:
            found = self._retriever(held, body["retriever"])
        elif "hybrid" in body.get("query", {}):
            found = self._hybrid(held, body, size)
        elif "knn" in body:
            found = self._near(held, body["knn"]["field"], body["knn"]["query_vector"], body["knn"]["k"])
        else:
            found = self._query(held, body["query"])
        left_out = body.get("_source", {}).get("excludes", [])
        hits = [
            {"_id": docid, "_score": score,
             "_source": {name: value for name, value in held["docs"][docid].items() if name not in left_out}}
            for docid, score in list(found.items())[:size]
        ]  # fmt: skip
        shards = {"total": 2, "successful": 2, "failed": 0}
        return {"took": 1, "timed_out": False, "_shards": shards, "hits": {"total": {"value": len(hits)}, "hits": hits}}

    def _query(self, held: dict[str, Any], query: dict[str, Any]) -> dict[str, float]:
        ((kind, about),) = query.items()
        if kind == "knn":
            ((field, asked),) = about.items()
            return self._near(held, field, asked["vector"], asked["k"])
        if kind != "multi_match" or not isinstance(about["query"], str):
            raise RefusedError(400, "parsing_exception", f"unknown query [{kind}]")
        words = about["query"].lower().split()
        scores = {}
        for docid, source in held["docs"].items():
            text = " ".join(str(source.get(field, "")) for field in about["fields"]).lower()
            score = sum(text.count(word) * len(word) for word in words)
            if score:
                scores[docid] = float(score)
        return _sorted(scores)

    def _near(self, held: dict[str, Any], field: str, vector: list[float], k: int) -> dict[str, float]:
        if field not in held["mappings"]["properties"]:
            raise RefusedError(400, "query_shard_exception", f"field [{field}] does not exist in the mapping")
        scores = {}
        for docid, source in held["docs"].items():
            if source.get(field):
                scores[docid] = (1 + sum(a * b for a, b in zip(vector, source[field], strict=True))) / 2
        return dict(list(_sorted(scores).items())[:k])

    def _hybrid(self, held: dict[str, Any], body: dict[str, Any], size: int) -> dict[str, float]:
        lists = [dict(list(self._query(held, query).items())[:size]) for query in body["query"]["hybrid"]["queries"]]
        (processor,) = body["search_pipeline"]["phase_results_processors"]
        if "score-ranker-processor" in processor:
            how = processor["score-ranker-processor"]["combination"]
            assert how["technique"] == "rrf"
            return _rrf(lists, how["rank_constant"])
        how = processor["normalization-processor"]
        assert how["normalization"] == {"technique": "min_max"}
        weights = how["combination"]["parameters"]["weights"]
        return _weighted(lists, weights)

    def _retriever(self, held: dict[str, Any], retriever: dict[str, Any]) -> dict[str, float]:
        ((kind, about),) = retriever.items()
        if kind == "standard":
            return self._query(held, about["query"])
        if kind == "knn":
            return self._near(held, about["field"], about["query_vector"], min(about["k"], about["num_candidates"]))
        window = about["rank_window_size"]
        if kind == "rrf":
            lists = [dict(list(self._retriever(held, one).items())[:window]) for one in about["retrievers"]]
            return _rrf(lists, about["rank_constant"])
        if kind == "linear":
            parts = about["retrievers"]
            lists = [dict(list(self._retriever(held, one["retriever"]).items())[:window]) for one in parts]
            return _weighted(lists, [one["weight"] for one in parts])
        raise RefusedError(400, "parsing_exception", f"unknown retriever [{kind}]")


def _sorted(scores: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(scores.items(), key=lambda one: (-one[1], one[0])))


def _rrf(lists: list[dict[str, float]], constant: int) -> dict[str, float]:
    scores: dict[str, float] = {}
    for found in lists:
        for rank, docid in enumerate(found, start=1):
            scores[docid] = scores.get(docid, 0.0) + 1 / (constant + rank)
    return _sorted(scores)


def _weighted(lists: list[dict[str, float]], weights: list[float]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for found, weight in zip(lists, weights, strict=True):
        low, high = min(found.values(), default=0.0), max(found.values(), default=0.0)
        for docid, score in found.items():
            part = (score - low) / (high - low) if high > low else 1.0
            scores[docid] = scores.get(docid, 0.0) + weight * part
    return _sorted({docid: score for docid, score in scores.items() if math.isfinite(score)})


class Handler(BaseHTTPRequestHandler):
    """Answers for the `Lucene` of its server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        state, url = self.server.lucene, urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body: Any = None
        if raw:
            body = [json.loads(line) for line in raw.splitlines()] if url.path.endswith("_bulk") else json.loads(raw)
        state.asked.append((self.command, self.path, body, dict(self.headers)))
        if state.slow:
            state.delay.wait(state.slow)
        if state.failures:
            self.send(*state.failures.pop(0))
        elif state.key and self.headers.get("Authorization") != state.key:
            self.send_json(401, {"error": {"type": "security_exception", "reason": "missing credentials"}})
        else:
            try:
                self.send_json(200, state.answer(self.command, url.path, body))
            except RefusedError as refused:
                self.send_json(refused.status, refused.body)

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815

    def send_json(self, status: int, value: Any) -> None:
        elastic = self.server.lucene.engine == "elasticsearch"
        kind = "application/vnd.elasticsearch+json;compatible-with=9" if elastic else "application/json"
        self.send(status, {"Content-Type": kind}, json.dumps(value).encode())

    def send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        named = {"Content-Length": str(len(content)), "Content-Type": "application/json", **headers}
        if self.server.lucene.engine == "elasticsearch":
            named["X-Elastic-Product"] = "Elasticsearch"
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running(engine: str) -> Iterator[Lucene]:
    """A server on a free port of this machine."""
    state = Lucene(engine)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.lucene = True, state
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.delay.set()
        server.shutdown()
        server.server_close()
        thread.join()
