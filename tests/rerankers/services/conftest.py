"""A real server on this machine that speaks the protocols of the services, and can be told to misbehave."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil, exp, log
from typing import Any
from zlib import crc32

import pytest

from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.load import load

SENTINEL = "sk-SENTINEL-5f3a9c"
SEEN_WORDS = 250


def relevance(query: str, text: str) -> float:
    """How many words of the query stand in what is read of the text, and a little that differs between texts."""
    read = " ".join(text.split()[:SEEN_WORDS])
    words = set(re.findall(r"\w+", query.lower()))
    shared = len(words & set(re.findall(r"\w+", read.lower())))
    return 0.8 * shared / max(1, len(words)) + 0.1 * crc32(read.encode()) / 2**32


@dataclass
class Reply:
    """What the server answers; `body` is sent as JSON, or as it is where it is bytes."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: bool = False


@dataclass
class Request:
    path: str
    headers: Message
    body: dict[str, Any]


class Service:
    """Answers as the services do, but for the replies in `script`, which are used up first."""

    def __init__(self) -> None:
        self.script: list[Reply] = []
        self.requests: list[Request] = []
        self.change: Callable[[Any], Any] = lambda answer: answer
        self.llm: Callable[[dict[str, Any]], str] | None = None
        self.logprobs = True
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self.script:
                return self.script.pop(0)
        return Reply(body=self.change(self.answer(request)))

    def answer(self, request: Request) -> Any:
        if request.path.endswith("/chat/completions"):
            return self._completion(request.body)
        body = request.body
        if request.path.endswith("/ranking"):
            texts = [passage["text"] for passage in body["passages"]]
            logits = [relevance(body["query"]["text"], text) for text in texts]
            best_first = sorted(range(len(texts)), key=lambda index: -logits[index])
            return {"rankings": [{"index": index, "logit": logits[index]} for index in best_first]}
        texts = body.get("documents", body.get("texts"))
        scored = [(index, relevance(body["query"], text)) for index, text in enumerate(texts)]
        scored.sort(key=lambda pair: -pair[1])
        if "texts" in body:
            return [{"index": index, "score": score} for index, score in scored]
        rows = [{"index": index, "relevance_score": score} for index, score in scored]
        tokens = sum(len(text.split()) for text in texts)
        if request.path == "/v2/rerank":
            units = {"billed_units": {"search_units": ceil(len(texts) / 100)}}
            return {"id": "1", "results": rows, "meta": {"api_version": {"version": "2"}, **units}}
        if request.path.startswith("/voyage"):
            return {"object": "list", "data": rows, "model": body["model"], "usage": {"total_tokens": tokens}}
        return {"model": body["model"], "results": rows, "usage": {"total_tokens": tokens}}

    def _completion(self, body: dict[str, Any]) -> dict[str, Any]:
        system, user = (message["content"] for message in body["messages"])
        logprobs = None
        if self.llm is not None:
            return self._reply_with(body, self.llm(body), None)
        query = re.search(r"<query>\n(.*?)\n</query>", user, re.DOTALL).group(1)
        passages = re.findall(r"<passage>\n(.*?)\n</passage>", user, re.DOTALL)
        scores = [relevance(query, text) for text in passages]
        if "order" in system.splitlines()[0]:
            places = sorted(range(len(scores)), key=lambda place: -scores[place])
            text = " > ".join(f"[{place + 1}]" for place in places)
        else:
            yes = 1 / (1 + exp(-8 * (scores[0] - 0.3)))
            text = "Yes" if yes > 0.5 else "No"
            if body.get("logprobs") and self.logprobs:
                tops = [{"token": "Yes", "logprob": log(yes)}, {"token": "No", "logprob": log(1 - yes)}]
                tops = [{**top, "bytes": None} for top in sorted(tops, key=lambda top: -top["logprob"])]
                logprobs = {"content": [{**tops[0], "top_logprobs": tops}], "refusal": None}
        return self._reply_with(body, text, logprobs)

    def _reply_with(self, body: dict[str, Any], text: str, logprobs: Any) -> dict[str, Any]:
        user = body["messages"][1]["content"]
        choice = {"index": 0, "finish_reason": "stop", "logprobs": logprobs}
        return {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{**choice, "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": len(user.split()), "completion_tokens": 1, "total_tokens": 1},
        }


def completion(
    content: Any, finish: str = "stop", tokens: list[tuple[str, dict[str, float]]] | None = None, **message: Any
) -> dict[str, Any]:
    """A chat completion with one choice. `tokens`: (token, {likely token: log-probability}) at each place."""
    places = [
        {"token": token, "logprob": 0.0, "bytes": None,
         "top_logprobs": [{"token": top, "logprob": value, "bytes": None} for top, value in likely.items()]}
        for token, likely in tokens or []
    ]  # fmt: skip
    choice = {"index": 0, "finish_reason": finish, "logprobs": {"content": places} if tokens is not None else None}
    message = {"role": "assistant", "content": content, **message}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{**choice, "message": message}],
    }


class _Handler(BaseHTTPRequestHandler):
    service: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply = self.service.reply(Request(self.path, self.headers, body))
        if reply.wait:
            time.sleep(reply.wait)
        if reply.cut:
            self.close_connection = True
            return
        raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        try:
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            self.close_connection = True  # the client has gone

    def log_message(self, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that closes its connection in the middle is part of the tests


# name -> (row, path before /rerank or /chat/completions, settings, the extra's module)
APIS = {
    "cohere": ("cohere-rerank-v3.5", "", {}, "cohere"),
    "voyage": ("voyage-rerank-2.5", "/voyage/v1", {}, "httpx"),
    "voyage-instructed": ("voyage-rerank-2.5-lite", "/voyage/v1", {"instruction": "Prefer birds."}, "httpx"),
    "jina": ("jina-reranker-v2-base-multilingual-api", "/v1", {}, "httpx"),
    "jina-v3": ("jina-reranker-v3-api", "/v1", {}, "httpx"),
    "http-documents": ("http-rerank", "", {"model": "m", "key_variable": "GPU_KEY"}, "httpx"),
    "http-texts": ("http-rerank", "", {"protocol": "texts", "batch_size": 7, "key_variable": "GPU_KEY"}, "httpx"),
    "contextual": ("contextual-ctxl-rerank-v2", "/v1", {}, "httpx"),
    "nvidia": ("nvidia-ranking", "/v1", {"model": "m", "batch_size": 100, "key_variable": "GPU_KEY"}, "httpx"),
    "llm-logprobs": ("llm-pointwise", "/v1", {"model": "m", "answers": "logprobs", "max_words": 250}, "openai"),
    "llm-auto": ("llm-pointwise", "/v1", {"model": "m", "max_words": 250}, "openai"),
    "llm-listwise": ("llm-listwise", "/v1", {"model": "m", "max_words": 250}, "openai"),
}
# one of each kind: the others differ only in what is asked
KINDS = [name for name in APIS if name not in ("voyage-instructed", "jina-v3", "llm-auto")]
SCORING = [name for name in APIS if name != "llm-listwise"]
KEYS = ("CO_API_KEY", "VOYAGE_API_KEY", "JINA_API_KEY", "CONTEXTUAL_API_KEY", "OPENAI_API_KEY", "GPU_KEY")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.setenv(name, SENTINEL)
    monkeypatch.delenv("COHERE_API_KEY", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.stop()


@pytest.fixture
def opened(service: Service) -> Iterator[Callable[..., Any]]:
    """Opens an API by its name in APIS against the local server; what it waits between tries is kept in `waits`."""
    open_now = []

    def open_one(name: str, **settings: Any) -> Any:
        row, path, own, module = APIS[name]
        pytest.importorskip(module, reason=f"the extra of {row} is not installed")
        reranker = load(get(row), {"base_url": service.url + path, **own, **settings})
        reranker.waits = []
        reranker._provider._sleep = reranker.waits.append
        open_now.append(reranker)
        return reranker

    yield open_one
    for reranker in open_now:
        reranker.close()
