"""Three hundred requests that are wrong: each gets a 4xx in its protocol's shape, and the server goes on."""

from __future__ import annotations

import json
from itertools import product

import pytest

from tests.serving.conftest import CROSS

PATHS = ("/v2/rerank", "/v1/rerank", "/rerank", "/rerank:texts")
WRONG_TYPES = (None, True, 3, 1.5, [], {}, [[]], [None], [3], [["a"]], "", "   ")
NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")


def list_name(path: str) -> str:
    return "texts" if path.endswith(":texts") else "documents"


def body_of(path: str, **changed) -> dict:
    return {"query": "who eats fish", list_name(path): ["a tern", "a vole"]} | changed


def wrong_bodies(path: str):  # noqa: C901
    """(what is wrong, the body as bytes)."""
    name = list_name(path)
    for value in WRONG_TYPES:
        yield f"query {value!r}", json.dumps(body_of(path, query=value)).encode()
    for value in (*WRONG_TYPES, "a text"):
        yield f"{name} {value!r}", json.dumps(body_of(path, **{name: value})).encode()
    for value in (3, True, None, ["a"]):
        yield f"{name} with {value!r}", json.dumps(body_of(path, **{name: ["a tern", value]})).encode()
    documents = (
        {}, {"title": "only"}, {"text": 3}, {"text": None}, {"text": "a", "title": 3}, {"text": "a", "score": "high"},
        {"text": "a", "id": 1.5}, {"text": "a", "id": "x" * 501}, {"text": "a", "metadata": "m"},
        {"text": "a", "score": True}, {"text": ["a"]}, {"text": "\ud800"}, {"text": "a", "title": "\udfff"},
    )  # fmt: skip
    for document in documents:
        yield f"document {document!r}", json.dumps(body_of(path, **{name: ["a tern", document]})).encode()
    for field in ("querry", "top", "documents " if name == "texts" else "texts", "__proto__", "x" * 10_000):
        yield f"field {field[:20]!r}", json.dumps(body_of(path, **{field: ["a"]})).encode()
    if name == "documents":
        for value in (0, -1, 1.5, "3", True, 10**400, [], {}):
            yield f"top_n {str(value)[:20]}", json.dumps(body_of(path, top_n=value)).encode()
        yield "return_documents", json.dumps(body_of(path, return_documents="yes")).encode()
    else:
        for field, value in (("raw_scores", "yes"), ("return_text", 1), ("truncation_direction", "left")):
            yield field, json.dumps(body_of(path, **{field: value})).encode()
    for number in NUMBERS:
        yield number, f'{{"query": "a", "{name}": [{{"text": "b", "score": {number}}}]}}'.encode()
    for raw in (
        b"", b" ", b"null", b"[]", b'"a"', b"3", b"{", b"{}", b'{"query": "a"}', b"{'query': 'a'}", b"\xff\xfe",
        b'{"query": "\xc3\x28"}', b'{"query": "a", "%s": ["\xed\xa0\x80"]}' % name.encode(), b"[" * 100_000,
        b'{"a":' * 50_000, b'{"query": "a", "top_n": ' + b"9" * 10_000 + b"}", b"\x00" * 100, b"query=a&documents=b",
    ):  # fmt: skip
        yield f"raw {raw[:20]!r}", raw
    yield "10,000 documents", json.dumps(body_of(path, **{name: ["a"] * 10_000})).encode()
    yield "1,001 documents", json.dumps(body_of(path, **{name: ["a"] * 1001})).encode()
    yield "5 MB", json.dumps(body_of(path, **{name: ["a" * 5_000_000]})).encode()
    yield "a long query", json.dumps(body_of(path, query="fish " * 600_000)).encode()


CASES = [(path, what, body) for path in PATHS for what, body in wrong_bodies(path)]


def assert_shaped(path: str, status: int, answer: object, raw: str) -> None:
    assert 400 <= status < 500, raw
    assert isinstance(answer, dict)
    wanted = {"/v2/rerank": {"message"}, "/v1/rerank": {"message", "detail"}}.get(path)
    if wanted is not None:
        assert set(answer) == wanted
    else:  # before the body is read, /rerank speaks to both of its protocols
        assert set(answer) in ({"detail"}, {"error", "error_type"}, {"detail", "error", "error_type"})
        assert answer.get("error_type", "Validation") == "Validation"
    told = next(iter(answer.values()))
    assert told
    assert len(raw) < 5000
    assert "Traceback" not in raw
    assert ".py" not in raw


def test_there_are_300_of_them():
    assert len(CASES) >= 300


def test_each_wrong_request_gets_a_4xx_in_its_protocols_shape_and_no_traceback(address, client, capsys):
    base, headers = address(CROSS), {"content-type": "application/json"}
    capsys.readouterr()  # where this is the first test to need the server, its model was loaded, with a bar
    passed = []
    for path, what, body in CASES:
        answer = client.post(base + path.removesuffix(":texts"), content=body, headers=headers)
        try:
            assert_shaped(path, answer.status_code, answer.json(), answer.text)
        except AssertionError as error:
            passed.append(f"{path} {what}: {answer.status_code} {answer.text[:200]} {error}")
    assert passed == []
    assert capsys.readouterr().err == ""
    right = client.post(f"{base}/v2/rerank", json=body_of("/v2/rerank"))
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json", "host": "rebound.example"}, 421),
        ({"content-type": "application/json", "host": "[::1]:80"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/v2/rerank", "/rerank"])
def test_headers_that_no_client_of_ours_sends(address, client, path, headers, status):
    answer = client.post(address(CROSS) + path, content=json.dumps(body_of(path)).encode(), headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(("method", "path"), list(product(("GET", "PUT", "DELETE"), ("/v2/rerank", "/rerank", "/no"))))
def test_other_methods_and_places_are_refused_in_words(address, client, method, path):
    answer = client.request(method, address(CROSS) + path)
    assert answer.status_code in (404, 405)
    assert set(answer.json()) == {"message", "detail"}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/v2/rerank", {"documents": ["a"]}, "query is missing"),
        ("/v2/rerank", {"query": "a", "documents": ["b"], "topk": 3}, "there is no field topk"),
        ("/v1/rerank", {"query": "a", "documents": ["b", 3]}, "documents[1] must be a text or an object"),
        ("/v1/rerank", {"query": "a", "documents": [{"x": "b"}], "rank_fields": ["y"]}, "documents[0] must have"),
        ("/v2/rerank", {"query": "a", "documents": [{"x": "b"}]}, "documents[0] has no field text"),
        ("/v2/rerank", {"query": " ", "documents": ["b"]}, "query must not be empty"),
    ],
)  # fmt: skip
def test_the_message_names_the_field(address, client, path, body, message):
    assert client.post(address(CROSS) + path, json=body).json()["message"].startswith(message)
