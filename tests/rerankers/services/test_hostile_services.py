"""Services that send us elsewhere, drip, or never end, at each way out: our posts, Cohere's and OpenAI's clients.

A server of raw bytes, on this machine's loopback only.
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from rerank_core.errors import ProviderError
from rerank_core.rerankers.rerank import rerank
from rerank_core.rerankers.services import http_door
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import SENTINEL, Reply, Service

WAYS_OUT = ["http-documents", "cohere", "llm-listwise", "llm-logprobs"]
TIMEOUT = 0.2
# three attempts' time for all of them, and what a loaded machine adds
LATEST = 3 * TIMEOUT + 3.0
# so that the whole of a long passage is sent
LONG = {name: {"max_words": 100_000} for name in ("llm-listwise", "llm-logprobs")}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DOCS = {f"d{number}": Doc(f"d{number}", f"secret passage {number} on fish") for number in range(3)}
CANDIDATES = Ranking("q", "bm25", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(DOCS, 1)))


class RawServer:
    """Does `answer` with each connection, until it is stopped or the client has gone."""

    def __init__(self, answer: Callable[[socket.socket, threading.Event], None]) -> None:
        self._answer, self._stopped = answer, threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            with suppress(TimeoutError):
                connection, _ = self._socket.accept()
                thread = threading.Thread(target=self._one, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(2)
            self._answer(connection, self._stopped)

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()


@pytest.fixture
def raw() -> Iterator[Callable[..., RawServer]]:
    running = []

    def start(answer: Callable[[socket.socket, threading.Event], None]) -> RawServer:
        running.append(RawServer(answer))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def drip(start: bytes, byte: bytes = b" ", pause: float = 0.05) -> Callable[[socket.socket, threading.Event], None]:
    """Sends `start`, then a byte twenty times a second: a read never waits as long as one attempt may take."""

    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(start)
        while not stopped.wait(pause):
            connection.sendall(byte)

    return answer


def flood(start: bytes, part: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(start)
        while not stopped.is_set():
            connection.sendall(part)

    return answer


def ask(reranker) -> None:
    rerank(reranker, "system", Query("q", "who eats fish"), CANDIDATES, DOCS)


def path(name: str) -> str:
    return "" if name in ("cohere", "http-documents") else "/v1"


@pytest.mark.parametrize("name", WAYS_OUT)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_the_passages_go_to_no_second_host(name: str, status: int, opened, service) -> None:
    elsewhere = Service()
    try:
        target = f"{elsewhere.url}/v1/chat/completions?key={SENTINEL}"
        service.script = [Reply(status, {}, {"Location": target})] * 20
        reranker = opened(name)
        with pytest.raises(ProviderError, match="sends us on to http://127") as caught:
            ask(reranker)
        assert elsewhere.requests == []
    finally:
        elsewhere.stop()
    assert (caught.value.status, caught.value.retryable) == (status, False)
    assert SENTINEL not in str(caught.value)


@pytest.mark.parametrize("name", WAYS_OUT)
@pytest.mark.parametrize(
    "answer",
    [
        drip(HEAD + b"Content-Length: 100000\r\n\r\n"),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drip(HEAD + b"\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        drip(b"HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n"),
    ],
    ids=["body", "chunks", "until closed", "headers", "hints", "error"],
)
def test_a_service_that_drips_does_not_hold_the_call(name: str, answer, opened, raw) -> None:
    server = raw(answer)
    reranker = opened(name, base_url=server.url + path(name), timeout=TIMEOUT)
    start = time.monotonic()
    with pytest.raises(ProviderError, match="gave no answer in time"):
        ask(reranker)
    assert time.monotonic() - start < LATEST


@pytest.mark.parametrize("name", WAYS_OUT)
def test_a_service_that_reads_nothing_does_not_hold_the_call(name: str, opened, raw) -> None:
    def answer(connection: socket.socket, stopped: threading.Event) -> None:
        while not stopped.wait(0.1):
            connection.recv(10)

    server = raw(answer)
    reranker = opened(name, base_url=server.url + path(name), timeout=TIMEOUT, **LONG.get(name, {}))
    docs = {docid: Doc(docid, "tern " * 1_000_000) for docid in DOCS}
    start = time.monotonic()
    with pytest.raises(ProviderError, match="gave no answer in time"):
        rerank(reranker, "system", Query("q", "who eats fish"), CANDIDATES, docs)
    assert time.monotonic() - start < LATEST + 5


@pytest.mark.parametrize("name", WAYS_OUT)
@pytest.mark.parametrize(
    "answer",
    [
        flood(HEAD + b"Content-Length: 100000000000\r\n\r\n", b" " * 65536),
        flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
        flood(HEAD + b"\r\n", b" " * 65536),
        flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
    ],
    ids=["body", "chunks", "until closed", "hints"],
)
def test_an_answer_without_end_is_not_read_on(name: str, answer, opened, raw, monkeypatch) -> None:
    monkeypatch.setattr(http_door, "LARGEST", 2**20)
    server = raw(answer)
    reranker = opened(name, base_url=server.url + path(name), timeout=20.0)
    with pytest.raises(ProviderError, match="it is larger than 1 MB, and was not read to its end") as caught:
        ask(reranker)
    assert not caught.value.retryable


@pytest.mark.parametrize("name", WAYS_OUT)
def test_a_compressed_answer_is_not_unpacked(name: str, opened, service) -> None:
    service.script = [Reply(200, gzip.compress(b" " * 2**24), {"Content-Encoding": "gzip"})] * 20
    with pytest.raises(ProviderError, match="it is compressed, which was not asked for"):
        ask(opened(name))
    assert {request.headers["Accept-Encoding"] for request in service.requests} == {"identity"}


@pytest.mark.parametrize("name", WAYS_OUT)
def test_a_proxy_of_the_environment_is_used(name: str, opened, service, monkeypatch) -> None:
    """The door has its own connections, and keeps what the libraries do with these variables."""
    monkeypatch.setenv("http_proxy", service.url)
    monkeypatch.setenv("NO_PROXY", "localhost")
    reranker = opened(name, base_url="http://service.invalid" + path(name))
    ask(reranker)
    assert all(request.path.startswith("http://service.invalid/") for request in service.requests)
