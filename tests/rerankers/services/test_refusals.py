"""What a server of one's own says when it does not score: told in a line that helps, and never with a key."""

from __future__ import annotations

import json
import re

import pytest

from rerank_core.errors import ProviderError
from tests.rerankers.services.conftest import SENTINEL, Reply, relevance

QUERY, TEXTS = "who eats fish", ["fish in rivers", "who eats fish", "voles"]
PAGE = {"Content-Type": "text/html"}


def failed(reranker) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        reranker.score(QUERY, TEXTS)
    return caught.value


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(400, {"object": "error", "message": "maximum context length is 512 tokens"}), "context length is 512"),
        (Reply(400, {"error": {"message": "model m not found", "code": 400}}), "model m not found"),
        (Reply(422, {"detail": [{"loc": ["body", "query"], "msg": "Field required"}]}), "Field required"),
        (Reply(422, {"error": "inputs must have less than 512 tokens", "error_type": "Validation"}), "less than 512"),
        (Reply(413, {"error": "batch size 64 > maximum allowed batch size 32"}), "batch size 64 > maximum"),
        (Reply(400, b"plain\nwords"), "plain words"),
        (Reply(200, {"error": {"message": "no reranker is loaded"}}), "holds an error: no reranker is loaded"),
        (Reply(200, {"detail": "busy"}), "holds an error: busy"),
        (Reply(200, b"<!doctype html><p>x", PAGE), r"a web page; the address tried is http://127.0.0.1:\d+/rerank"),
        (Reply(200, b""), "it is empty"),
        (Reply(200, {"results": []}), "0 scores for 3 passages; the answer is empty"),
        (Reply(200, {"results": [{"index": 0, "relevance_score": 1.0}]}), r"1 scores for 3 passages; .*top_n"),
        (Reply(200, b'{"results": [{"index": true, "relevance_score": 1}]}'), "passage True that is repeated"),
        (Reply(200, b'{"results": [{"index": 0, "relevance_score": null}]}'), "not a finite number"),
        (Reply(404, b"<html>", PAGE), r"the address tried is http://127.0.0.1:\d+/rerank, some servers want /v1"),
        (Reply(405, {"detail": "Method Not Allowed"}), "Method Not Allowed; the address tried is"),
        (Reply(307, b"", {"Location": "http://127.0.0.1:9/v1/rerank"}), "the address tried is"),
    ],
)  # fmt: skip
def test_what_a_server_says_is_passed_on_once(reply, line, opened, service) -> None:
    service.script = [reply]
    error = failed(opened("http-documents"))
    assert re.search(line, str(error)), str(error)
    assert len(str(error).splitlines()) == 1
    assert len(str(error)) < 350
    assert (error.retryable, len(service.requests)) == (False, 1)


@pytest.mark.parametrize(
    "text",
    [
        "input is too large to process. increase the physical batch size",
        "input (700 tokens) is too large to process",
        "This model's maximum context length is 512 tokens",
        "the request exceeds the available context size",
    ],
)
def test_what_is_too_large_is_told_and_not_tried_four_times(text, opened, service) -> None:
    service.script = [Reply(500, {"error": {"code": 500, "message": text}})] * 4
    error = failed(opened("http-documents"))
    assert text in str(error)
    assert (error.status, error.retryable, len(service.requests)) == (500, False, 1)


@pytest.mark.parametrize("text", ["rate limit exceeded", "model is loading", "too many requests", "out of memory"])
def test_other_failures_are_tried_again_and_told(text, opened, service) -> None:
    service.script = [Reply(500, {"message": text})] * 4
    error = failed(opened("http-documents"))
    assert text in str(error)
    assert (error.retryable, len(service.requests)) == (True, 4)


@pytest.mark.parametrize(
    "told",
    [
        f"'{SENTINEL.upper()}'",
        f"{SENTINEL[3:14]}***",
        f"***{SENTINEL[-9:]}",
        f"{SENTINEL[:9]}\u200b{SENTINEL[9:]}",
        f"{SENTINEL[:9]}\x00{SENTINEL[9:]}",
        "sk-proj-anotherone12345",
    ],
)
@pytest.mark.parametrize("name", ["cohere", "http-documents"])
def test_a_piece_of_a_key_does_not_come_back_either(name, told, opened, service) -> None:
    service.script = [Reply(400, {"message": f"bad token {told} here"})]
    line = str(failed(opened(name)))
    assert line.endswith("(HTTP 400): bad token [key] here")


def test_marks_that_do_not_print_are_left_out(opened, service) -> None:
    service.script = [Reply(400, {"message": "a\x1b[31mred\u202egnp\u2028c"})]
    assert str(failed(opened("http-documents"))).endswith(": a[31mredgnp c")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_told_without_what_may_be_secret(status, opened, service) -> None:
    there = f"https://user:{SENTINEL}@gpu:8443/v2/rerank?key={SENTINEL}#x"
    service.script = [Reply(status, b"", {"Location": there})]
    line = str(failed(opened("voyage")))
    assert "it sends us on to https://gpu:8443/v2/rerank, where we do not follow with a key; the address tried" in line
    assert len(service.requests) == 1


def test_what_a_server_cannot_do_is_not_asked_four_times(opened, service) -> None:
    words = "This server does not support reranking. Start it with `--reranking`"
    service.script = [Reply(501, {"error": {"code": 501, "message": words}})] * 4
    assert str(failed(opened("http-documents"))).endswith(f"cannot do this (HTTP 501): {words}")
    assert len(service.requests) == 1


@pytest.mark.parametrize("text", ["request rate limit exceeded", "deadline exceeded for this input", "query timed out"])
def test_a_busy_server_is_asked_again_though_it_speaks_of_a_limit(text, opened, service) -> None:
    service.script = [Reply(503, {"error": text})]
    opened("http-documents").score(QUERY, TEXTS)
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:9", "ConnectError: nothing listens there"),
        (None, "ConnectError: it does not speak TLS there"),
    ],
)
def test_why_a_server_is_not_reached_is_told(address, why, opened, service) -> None:
    base = address or service.url.replace("http:", "https:")
    assert f"cannot be reached ({why}" in str(failed(opened("http-documents", base_url=base)))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error":' * 5000 + b"1" + b"}" * 5000])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_is_too_deep_is_told_once(status, body, opened, service) -> None:
    service.script = [Reply(status, body)]
    assert not failed(opened("http-documents")).retryable
    assert len(service.requests) == 1


def test_a_number_that_no_float_holds_is_no_score(opened, service) -> None:
    service.script = [Reply(200, {"results": [{"index": 0, "relevance_score": 10**400}]})]
    assert "passage 0 that is not a finite number" in str(failed(opened("http-documents")))


def test_a_list_that_is_null_does_not_hide_another(opened, service) -> None:
    rows = [{"index": index, "relevance_score": 0.5} for index in range(3)]
    service.script = [Reply(200, {"results": None, "data": rows})]
    assert opened("http-documents").score(QUERY, TEXTS) == [0.5] * 3


@pytest.mark.parametrize("status", [400, 404, 422, 500])
def test_cohere_is_quoted_as_the_others_are(status, opened, service) -> None:
    service.script = [Reply(status, {"id": "1", "message": "model 'x' not found, input is too long"})]
    line = str(failed(opened("cohere")))
    assert "model 'x' not found, input is too long" in line
    assert len(service.requests) == 1


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v2", "/v2/", "/v2/rerank", "/v2/rerank/"])
def test_coheres_address_may_hold_what_its_library_adds(path, opened, service) -> None:
    opened("cohere", base_url=service.url + path).score(QUERY, TEXTS)
    assert service.requests[0].path == "/v2/rerank"


@pytest.mark.parametrize("name", ["http-documents", "voyage", "jina"])
@pytest.mark.parametrize("before", [0, 185, 198, 300])
@pytest.mark.parametrize("status", [200, 400, 401, 404, 422])
def test_no_part_of_a_key_comes_back(status, before, name, opened, service) -> None:
    service.script = [Reply(status, json.dumps({"message": "x" * before + f" {SENTINEL} Bearer {SENTINEL}"}).encode())]
    assert "SENT" not in str(failed(opened(name)))


@pytest.mark.parametrize("path", ["/rerank", "/v1/rerank", "/v1/rerank/", "/v1", "/v1/", ""])
def test_an_address_may_hold_the_last_part_already(path, opened, service) -> None:
    opened("http-documents", base_url=service.url + path).score(QUERY, TEXTS)
    assert service.requests[0].path == ("/v1/rerank" if "v1" in path else "/rerank")


def test_answers_in_any_order_are_read_by_their_index(opened, service) -> None:
    rows = [{"index": index, "relevance_score": relevance(QUERY, TEXTS[index])} for index in (2, 0, 1)]
    service.script = [Reply(200, {"results": rows})]
    assert opened("http-documents").score(QUERY, TEXTS) == [relevance(QUERY, text) for text in TEXTS]


def test_vllm_is_asked_to_cut_only_where_a_person_wants_it(opened, service) -> None:
    opened("http-documents", truncate_prompt_tokens=True).score(QUERY, TEXTS)
    opened("http-documents").score(QUERY, TEXTS)
    assert service.requests[0].body["truncate_prompt_tokens"] == -1
    assert "truncate_prompt_tokens" not in service.requests[1].body


def test_the_new_setting_keeps_old_scores_and_tells_new_ones_apart() -> None:
    from rerank_core.rerankers.catalogue.catalog import get
    from rerank_core.rerankers.catalogue.model_key import model_key

    row, server = get("http-rerank"), {"base_url": "http://gpu:8000", "model": "m"}
    told = '"base_url": "http://gpu:8000", "model": "m", "protocol": "documents", "raw_scores": false'
    assert model_key(row, server) == f"http http-rerank {{{told}}} v1"
    assert model_key(row, server) != model_key(row, {**server, "truncate_prompt_tokens": True})
