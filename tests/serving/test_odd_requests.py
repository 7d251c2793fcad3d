"""What no client of ours sends: odd JSON, odd HTTP, odd connections. A 4xx, no traceback, and no wait without end.

The system changes no order and has no model: what is tried here is the way to it.
"""

from __future__ import annotations

import json
import logging
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rerank_core.serving.answering import Desk
from rerank_core.serving.limits import Limits
from rerank_core.serving.request_log import RequestLog
from rerank_core.serving.served import Served
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Authority, Recency, Signals
from rerank_core.systems.systems import add_composite, get_system
from tests.support.lens_server import serving

PATHS = ("/v2/rerank", "/v1/rerank", "/rerank", "/rerank:texts")
KEY, OTHER_KEY = "a-key-of-more-than-16-signs", "another-key-of-16-signs"
BODY = json.dumps({"query": "fish", "documents": [{"text": "a tern", "score": 1}, {"text": "a vole", "score": 2}]})
CRLF = "\r\n"
HALF = "\ud800"
BIG = 10**400
STRANGE = (None, True, 3, -BIG, 1e308, [], {}, [[]], "", "2026-13-45", "99999999-01-01", "1e400", "\0", "9" * 5000)
"""Values of fields that signals read: none of them is the caller's mistake."""


@pytest.fixture(scope="module")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Served:
    workspace = Workspace(tmp_path_factory.mktemp("odd") / "workspace.db")
    recency, authority = Recency("date", 900, "2026-01-01"), Authority("source", (("book", 2.0), ("blog", 0.5)))
    add_composite(workspace, "signals", Signals("first-stage", recency, authority))
    return Served(workspace, get_system(workspace, "signals"))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "requests.jsonl"


@pytest.fixture(scope="module")
def base(signals: Served, log: Path) -> Iterator[str]:
    with serving(Desk(signals, Limits(), log=RequestLog(log))) as address:
        yield address


@pytest.fixture(scope="module")
def hasty(signals: Served) -> Iterator[str]:
    """A server that waits for nobody."""
    with serving(Desk(signals, Limits(body_seconds=0.3, idle_seconds=1))) as address:
        yield address


@pytest.fixture(scope="module")
def locked(signals: Served) -> Iterator[str]:
    with serving(Desk(signals, Limits(), keys=[KEY, OTHER_KEY])) as address:
        yield address


@pytest.fixture(autouse=True)
def no_traceback(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Neither in what the server writes nor in its library's log."""
    told: list[str] = []
    listener = logging.Handler(logging.ERROR)
    listener.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(listener)
    yield
    for logger in loggers:
        logger.removeHandler(listener)
    assert told == []
    assert "Traceback" not in capfd.readouterr().err


def list_name(path: str) -> str:
    return "texts" if path.endswith(":texts") else "documents"


def body_of(path: str, documents: object = None, **more: object) -> bytes:
    given = [{"text": "a tern", "score": 1}] if documents is None else documents
    return json.dumps({"query": "fish", list_name(path): given} | more).encode()


def deep(opening: str, closing: str, levels: int) -> str:
    return opening * levels + "1" + closing * levels


def refused_bodies(path: str) -> Iterator[tuple[str, bytes]]:
    name = list_name(path)
    for what, document in {
        "score of 400 digits": {"text": "a", "score": BIG},
        "score of -400 digits": {"text": "a", "score": -BIG},
        "score above 1e30": {"text": "a", "score": 1e31},
        "score as text": {"text": "a", "score": "1e400"},
        "id as number with a point": {"text": "a", "id": 1e5},
        "id true": {"text": "a", "id": True},
        "id of 4,000 digits": {"text": "a", "id": 10**4000},
        "half a pair in a title": {"text": "a", "title": HALF},
        "half a pair as a key of metadata and no text": {"metadata": {HALF: 1}},
        "text deep inside": {"text": {"text": {"text": "a"}}},
        "metadata as list": {"text": "a", "metadata": [["date", "2026"]]},
    }.items():
        yield what, body_of(path, [document])
    for what, raw in {
        "a field twice": f'{{"query": "a", "query": "b", "{name}": ["a"]}}',
        "the list twice": f'{{"query": "a", "{name}": ["a"], "{name}": ["b"]}}',
        "a field of a document twice": f'{{"query": "a", "{name}": [{{"text": "a", "text": "b"}}]}}',
        "nothing but depth": deep("[", "]", 900),
        "depth in the list": f'{{"query": "a", "{name}": {deep("[", "]", 900)}}}',
        "two objects": BODY * 2,
        "a comment": "/* */" + BODY,
        "a trailing comma": BODY[:-1] + ",}",
        "NaN in metadata": f'{{"query": "a", "{name}": [{{"text": "a", "x": NaN}}]}}',
        "1e400 in metadata": f'{{"query": "a", "{name}": [{{"text": "a", "x": -1e400}}]}}',
        "5,000 digits in metadata": f'{{"query": "a", "{name}": [{{"text": "a", "x": {"9" * 5000}}}]}}',
    }.items():
        yield what, raw.encode()
    yield "a byte order mark", b"\xef\xbb\xbf" + BODY.encode()
    yield "UTF-16", BODY.encode("utf-16")
    for field in (HALF, "\0", "", "constructor"):
        yield f"field {field!r}", body_of(path, **{field: 1})
    if name == "documents":
        for value in (True, False, 1.0, -0.0, [1], {"n": 1}, "1", -BIG, 1_000_001):
            yield f"top_n {str(value)[:10]}", body_of(path, top_n=value)
        yield "model", body_of(path, model=3)
        yield "return_documents", body_of(path, return_documents=1)
    else:
        yield "truncation_direction", body_of(path, truncation_direction=["right"])
    if path == "/v1/rerank":
        for value in ([], [3], [None], [HALF], "text", {"text": 1}, ["a"] * 51, ["no such field"]):
            yield f"rank_fields {str(value)[:20]}", body_of(path, rank_fields=value)


def taken_bodies(path: str) -> Iterator[tuple[str, bytes]]:
    """Odd, and no mistake: fields of documents are the caller's own."""
    for value in STRANGE:
        what = str(value)[:20]
        yield f"date {what}", body_of(path, [{"text": "a", "score": 1, "date": value}])
        yield f"source {what}", body_of(path, [{"text": "a", "score": 1, "metadata": {"source": value}}])
    yield "half a pair in an id", body_of(path, [{"text": "a", "score": 1, "id": HALF}])
    yield "20,000 fields", body_of(path, [{"text": "a", "score": 1} | {f"f{n}": n for n in range(20_000)}])
    blank = [{"text": text, "title": "", "score": 1} for text in ("", "\0", "\u200b")]
    yield "no text to speak of", body_of(path, blank)
    nested = f'{{"query": "a", "{list_name(path)}": [{{"text": "a", "score": 1, "x": {deep("[", "]", 400)}}}]}}'
    yield "depth in metadata", nested.encode()


@pytest.mark.parametrize("path", PATHS)
def test_odd_bodies_get_a_4xx_in_words(base, client, path):
    wrong = []
    for what, body in refused_bodies(path):
        answer = client.post(
            base + path.removesuffix(":texts"), content=body, headers={"content-type": "application/json"}
        )
        if not 400 <= answer.status_code < 500 or not next(iter(answer.json().values())) or len(answer.text) > 5000:
            wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []


@pytest.mark.parametrize("path", PATHS)
def test_odd_fields_of_documents_are_taken(base, client, path):
    headers = {"content-type": "application/json"}
    wrong = []
    for what, body in taken_bodies(path):
        answer = client.post(base + path.removesuffix(":texts"), content=body, headers=headers)
        if answer.status_code != 200:
            wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
    assert wrong == []


def test_half_a_pair_as_the_name_of_a_field_is_no_failure(base, client):
    """pydantic takes it in some of its versions and in others not."""
    body = body_of("/v2/rerank", [{"text": "a", "score": 1, HALF: 1}])
    answer = client.post(f"{base}/v2/rerank", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)


def test_the_field_that_stands_twice_is_named(base, client):
    body = b'{"query": "a", "documents": ["b"], "query": "c"}'
    answer = client.post(f"{base}/v2/rerank", content=body, headers={"content-type": "application/json"})
    assert answer.json() == {"message": "the field query stands twice"}


def test_every_request_that_was_read_left_a_line_of_json(base, client, log):
    client.post(f"{base}/v2/rerank", content=b"{", headers={"content-type": "application/json"})
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert {row["status"] for row in rows} <= {200, 400, 408, 413, 415, 421, 422}
    assert rows[-1]["error"].startswith("the body is not JSON")


# --- HTTP by hand


def head(
    *more: str,
    method: str = "POST",
    path: str = "/v2/rerank",
    host: str | None = "127.0.0.1",
    length: int | None = None,
) -> str:
    lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host is not None else [])]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return CRLF.join([*lines, *more]) + CRLF * 2


def whole(*more: str, kind: str = "Content-Type: application/json", **named: str | None) -> str:
    return head(kind, *more, length=len(BODY), **named) + BODY  # type: ignore[arg-type]


def chunk(text: str) -> str:
    return f"{len(text):x}{CRLF}{text}{CRLF}"


def status_of(base: str, *sent: str, end: bool = False) -> int | None:
    """The status of the first answer; None: the server closed the line without one. 60 seconds without either fail."""
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        answer = b""
        try:
            for part in sent:
                line.sendall(part.encode("latin-1"))
            if end:
                line.shutdown(socket.SHUT_WR)
            while b"\r\n" not in answer and (part_of_it := line.recv(4096)):
                answer += part_of_it
        except ConnectionError:
            return None
    return int(answer.split(b" ", 2)[1]) if answer else None


CHUNKED = head("Content-Type: application/json", "Transfer-Encoding: chunked")
REFUSED = {
    "no host": whole(host=None),
    "an empty host": whole(host=""),
    "another host": whole(host="evil.example"),
    "a host that begins like ours": whole(host="127.0.0.1.evil.example"),
    "two hosts in one": whole(host="127.0.0.1, evil.example"),
    "two hosts": whole("Host: evil.example"),
    "no kind": head(length=len(BODY)) + BODY,
    "a kind that is no text": whole(kind="Content-Type: application/json\xe9"),
    "a form": whole(kind="Content-Type: application/x-www-form-urlencoded"),
    "gzip": whole("Content-Encoding: gzip"),
    "gzip behind identity": whole("Content-Encoding: identity", "Content-Encoding: gzip"),
    "no coding": whole("Content-Encoding: "),
    "a short length": head("Content-Type: application/json", length=10) + BODY,
    "a length below 0": head("Content-Type: application/json", length=-1) + BODY,
    "a length in words": head("Content-Type: application/json", "Content-Length: three") + BODY,
    "a length of 23 digits": head("Content-Type: application/json", length=10**22) + BODY,
    "two lengths": whole("Content-Length: 3"),
    "no length": head("Content-Type: application/json"),
    "a transfer coding that is not known": whole("Transfer-Encoding: gzip, chunked"),
    "a header without a colon": whole("no colon"),
    "a zero byte in a header": whole("X: a\0b"),
    "a space in a name": whole("X : a"),
    "a method in small letters": whole(method="post"),
    "PATCH": whole(method="PATCH"),
    "TRACE": whole(method="TRACE"),
    "CONNECT": head(method="CONNECT", path="evil.example:443"),
    "OPTIONS": head("Origin: http://evil.example", "Access-Control-Request-Method: POST", method="OPTIONS"),
    "OPTIONS of everything": head(method="OPTIONS", path="*"),
    "HEAD of a reranking": head(method="HEAD"),
    "HEAD of what is served": head(method="HEAD", path="/info"),
    "a slash behind": whole(path="/v2/rerank/"),
    "a slash before": whole(path="//v2/rerank"),
    "dots": whole(path="/x/../v2/rerank"),
    "a zero byte": whole(path="/v2/rerank%00"),
    "half an escape": whole(path="/%zz%ff"),
    "another server's address": whole(path="http://evil.example/v2/rerank"),
    "a path that is no text": whole(path="/\xe9"),
    "pages of documentation": head(method="GET", path="/docs"),
    "OpenAPI by another host": head(method="GET", path="/openapi.json", host="evil.example"),
    "the start of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": "GET /health\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 500,
    "a chunk of no size": CHUNKED + "zz\r\nabc\r\n",
    "a chunk below 0": CHUNKED + "-1\r\nabc\r\n",
}
NEVER_WHOLE = {
    "a chunk larger than it is": CHUNKED + "ff\r\nabc\r\n0\r\n\r\n",
    "chunks without an end": CHUNKED + chunk(BODY),
    "a chunk of 2^64 bytes": CHUNKED + "FFFFFFFFFFFFFFFF\r\nabc",
    "a body that does not come": head("Content-Type: application/json", length=len(BODY)),
    "half a body": whole()[:-10],
}
TAKEN = {
    "chunks": CHUNKED + chunk(BODY[:9]) + chunk(BODY[9:]) + "0\r\n\r\n",
    "chunks and a trailer": CHUNKED + chunk(BODY) + "0\r\nX: y\r\n\r\n",
    "the kind in capitals": whole(kind="Content-Type: APPLICATION/JSON; charset=utf-8"),
    "identity": whole("Content-Encoding: IDENTITY"),
    "a wish for another protocol": whole("Connection: Upgrade", "Upgrade: websocket"),
    "a query behind the path": whole(path="/v2/rerank?a=%ff&b"),
    "the same length twice": whole(f"Content-Length: {len(BODY)}"),
    "two requests at once": whole() * 2,
    "3,000 headers": whole(*(f"X{n}: a" for n in range(3000))),
    "HEAD of the health": head(method="HEAD", path="/health"),
    "line feeds alone": whole().replace(CRLF, "\n"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_odd_http_gets_a_4xx(base, what):
    status = status_of(base, REFUSED[what])
    assert status is not None
    assert 400 <= status < 500


@pytest.mark.parametrize("what", NEVER_WHOLE)
def test_what_is_never_whole_is_given_up(hasty, what):
    assert status_of(hasty, NEVER_WHOLE[what]) == 408


@pytest.mark.parametrize("what", TAKEN)
def test_unusual_http_is_answered(base, what):
    assert status_of(base, TAKEN[what]) == 200


def test_there_are_more_than_a_hundred_kinds():
    assert (
        len(REFUSED)
        + len(NEVER_WHOLE)
        + len(TAKEN)
        + sum(len([*refused_bodies(path), *taken_bodies(path)]) for path in PATHS)
        > 300
    )


def test_chunks_beyond_the_limit_are_refused_before_their_end(base):
    # the rest may not be read any more, and then the answer is lost with the line
    assert status_of(base, CHUNKED, *[chunk("a" * 2**20)] * 5) in (413, None)


@pytest.mark.parametrize(
    "sent",
    ["", "POST /v2/rerank HTTP/1.1\r\nHost: a\r\n", "P", "X: " + "a" * 100_000],
    ids=["nothing", "half a head", "one letter", "no head at all"],
)
def test_a_line_that_brings_no_request_is_closed(hasty, sent):
    assert status_of(hasty, sent) in (None, 400)


def test_a_line_that_drips_is_closed(hasty):
    host, port = hasty.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(whole().encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 200")
        until = time.monotonic() + 60
        with pytest.raises(ConnectionError):  # noqa: PT012 - whichever of the drops finds the line closed
            line.sendall(b"POST / HTTP/1.1\r\n")
            while time.monotonic() < until:
                line.sendall(b"X: a\r\n")
                time.sleep(0.05)


def test_a_request_may_be_worked_on_for_longer_than_a_line_may_be_silent(hasty, signals, monkeypatch):
    rank = signals.rank
    monkeypatch.setattr(signals, "rank", lambda asked: (time.sleep(1.5), rank(asked))[1])
    assert status_of(hasty, whole()) == 200


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("sent", [whole(), whole()[:-10], whole()[:40]], ids=["whole", "half a body", "half a head"])
def test_a_caller_who_goes_leaves_no_traceback(base, client, sent, reset):
    host, port = base.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)), timeout=60)
    line.sendall(sent.encode())
    if reset:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    until = time.monotonic() + 60
    while "rerank_lens_inside 0.0" not in client.get(f"{base}/metrics").text:
        assert time.monotonic() < until, "it is still in"
        time.sleep(0.01)


# --- keys


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([f"Authorization: Bearer {KEY}"], 200),
        ([f"Authorization: bearer    {OTHER_KEY}  "], 200),
        ([f"Authorization: Bearer {KEY}", "Authorization: Bearer wrong"], 401),
        (["Authorization: Bearer wrong", f"Authorization: Bearer {KEY}"], 401),
        ([f"Authorization: Bearer {KEY}", f"Authorization: Bearer {KEY}"], 401),
        ([f"Authorization: Bearer wrong, Bearer {KEY}"], 401),
        ([f"Authorization: Basic {KEY}"], 401),
        ([f"Authorization: Bearer {KEY}x"], 401),
        (["Authorization: Bearer \xe9"], 401),
        ([f"Authorization: Bearer {'a' * 50_000}"], 401),
        (["Authorization: "], 401),
        ([f"Cookie: Authorization=Bearer {KEY}"], 401),
        ([], 401),
    ],
    ids=lambda value: str(value)[:60],
)
def test_one_header_with_one_key_opens(locked, headers, status):
    assert status_of(locked, whole(*headers)) == status
    for path in ("/info", "/metrics", "/openapi.json"):
        assert status_of(locked, head(*headers, method="GET", path=path)) == status
    assert status_of(locked, head(*headers, method="GET", path="/health")) == 200
