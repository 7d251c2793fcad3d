"""What a server of one's own says when it does not score: told in a line that helps, and never with a key."""

from __future__ import annotations

import json
import re

import pytest

from rerank_core.errors import ProviderError
from tests.rerankers.api.conftest import SENTINEL, Reply, relevance

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
    from rerank_core.rerankers.catalog import get
    from rerank_core.rerankers.model_key import model_key

    row, server = get("http-rerank"), {"base_url": "http://gpu:8000", "model": "m"}
    told = '"base_url": "http://gpu:8000", "model": "m", "protocol": "documents", "raw_scores": false'
    assert model_key(row, server) == f"http http-rerank {{{told}}} v1"
    assert model_key(row, server) != model_key(row, {**server, "truncate_prompt_tokens": True})
