"""What goes wrong at a service comes out as one clear line, or is put right by trying again; never as zeros."""

from __future__ import annotations

import math

import pytest

from rerank_core.errors import ProviderError
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import KINDS, Reply

DOCS = {f"d{number}": Doc(f"d{number}", f"text {number} on fish") for number in range(10)}
CANDIDATES = Ranking("q", "bm25", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(DOCS, 1)))
QUERY = Query("q", "who eats fish")
# one request a ranking, or one a batch of 7
ONE_REQUEST = ["cohere", "voyage", "jina", "http-documents", "llm-listwise"]


def run(reranker) -> Ranking:
    return rerank(reranker, "system", QUERY, CANDIDATES, DOCS)


@pytest.mark.parametrize("name", KINDS)
def test_the_ranking_says_what_it_used(name: str, opened, service) -> None:
    ranking = run(opened(name))
    assert sorted(ranking.docids) == sorted(DOCS)
    assert ranking.usage["requests"] == len(service.requests)
    assert "retries" not in ranking.usage
    assert ranking.seconds is not None


def test_cohere_counts_search_units_and_the_others_tokens(opened) -> None:
    assert run(opened("cohere")).usage == {"requests": 1, "search_units": 1}
    for name in ("voyage", "jina", "http-documents"):
        assert run(opened(name)).usage == {"requests": 1, "tokens": sum(len(doc.text.split()) for doc in DOCS.values())}


def test_a_refused_key_is_told_and_not_tried_again(opened, service) -> None:
    for name in KINDS:
        reranker = opened(name, **({"parallel": 1} if name.startswith("llm") and name != "llm-listwise" else {}))
        service.script = [Reply(401, {"message": "invalid api token"})]
        with pytest.raises(ProviderError, match=r"refuses the key \(HTTP 401\)") as caught:
            run(reranker)
        assert not caught.value.retryable
        assert reranker.waits == []


@pytest.mark.parametrize("name", KINDS)
def test_too_many_requests_are_waited_for_as_the_service_asks(name: str, opened, service) -> None:
    reranker = opened(name)
    service.script = [Reply(429, {"message": "slow down"}, {"Retry-After": "3"})]
    ranking = run(reranker)
    assert reranker.waits == [3.0]
    assert ranking.usage["retries"] == 1
    assert ranking.docids == run(reranker).docids


@pytest.mark.parametrize("name", ONE_REQUEST)
@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(500, {"message": "oops"}), r"failed, tried 4 times \(HTTP 500\)"),
        (Reply(503, b"<html>busy</html>", {"Content-Type": "text/html"}), r"failed, tried 4 times \(HTTP 503\)"),
        (Reply(cut=True), r"cannot be reached \(\w+\), tried 4 times$"),
    ],
    ids=["500", "503", "cut"],
)
def test_a_service_that_stays_down_fails_the_ranking(name: str, reply: Reply, line: str, opened, service) -> None:
    reranker = opened(name)
    service.script = [reply] * 4
    with pytest.raises(ProviderError, match=line) as caught:
        run(reranker)
    assert caught.value.retryable
    assert len(service.requests) == 4
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ONE_REQUEST)
def test_a_service_that_comes_back_is_forgiven(name: str, opened, service) -> None:
    service.script = [Reply(500, {"message": "oops"}), Reply(cut=True)]
    ranking = run(opened(name))
    assert ranking.usage["retries"] == 2
    assert sorted(ranking.docids) == sorted(DOCS)


@pytest.mark.parametrize("name", ONE_REQUEST)
def test_a_slow_answer_is_not_waited_for(name: str, opened, service) -> None:
    reranker = opened(name, timeout=0.3)
    service.script = [Reply(body={}, wait=1.0)] * 4
    with pytest.raises(ProviderError, match="gave no answer in time") as caught:
        run(reranker)
    assert caught.value.status is None


@pytest.mark.parametrize("name", ONE_REQUEST)
@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"", b"[1, 2", b"null", b'{"results": 3, "data": 3, "choices": []}', b"[[0, 1]]"]
)
def test_a_malformed_body_is_told_once(name: str, body: bytes, opened, service) -> None:
    service.script = [Reply(body=body)]
    with pytest.raises(ProviderError, match=r"gave an answer (that|without)") as caught:
        run(opened(name))
    assert not caught.value.retryable
    assert len(service.requests) == 1


def rows(answer):
    """The list of scored rows in any of the protocols."""
    if isinstance(answer, list):
        return answer
    return next(answer[name] for name in ("results", "data", "rankings") if name in answer)


def drop_last(answer):
    rows(answer).pop()


def repeat_first(answer):
    rows(answer)[-1]["index"] = rows(answer)[0]["index"]


def out_of_range(answer):
    rows(answer)[-1]["index"] = 10_000


def negative_index(answer):
    rows(answer)[-1]["index"] = -1


def no_index(answer):
    del rows(answer)[-1]["index"]


def no_score(answer):
    rows(answer)[-1].pop("score", None)
    rows(answer)[-1].pop("relevance_score", None)
    rows(answer)[-1].pop("logit", None)


def score_is(value):
    def change(answer):
        row = rows(answer)[-1]
        row[next(name for name in ("score", "logit", "relevance_score") if name in row)] = value

    return change


@pytest.mark.parametrize("name", ["cohere", "voyage", "jina", "http-documents", "http-texts", "contextual", "nvidia"])
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (drop_last, r"gave \d+ scores for \d+ passages"),
        (repeat_first, "repeated or was not sent"),
        (out_of_range, "10000 that is repeated or was not sent"),
        (negative_index, "-1 that is repeated or was not sent"),
        (no_index, "None that is repeated or was not sent"),
        (no_score, "not a finite number"),
        (score_is(math.nan), "not a finite number"),
        (score_is(math.inf), "not a finite number"),
        (score_is("0.5"), "not a finite number"),
    ],
    ids=["short", "repeated", "range", "negative", "no-index", "no-score", "nan", "inf", "text"],
)
def test_scores_that_do_not_fit_the_passages_fail_the_ranking(name, change, line, opened, service) -> None:
    def changed(answer):
        change(answer)
        return answer

    service.change = changed
    with pytest.raises(ProviderError, match=line):
        run(opened(name))


def test_one_failed_batch_of_several_fails_the_ranking(opened, service) -> None:
    reranker = opened("http-texts", batch_size=4)
    service.script = [Reply(body=None), Reply(500)]
    service.script[0] = Reply(body=[{"index": index, "score": 0.5} for index in range(4)])
    service.script += [Reply(500, {})] * 4
    with pytest.raises(ProviderError, match="tried 4 times"):
        run(reranker)


def test_what_a_failed_ranking_used_is_not_put_on_the_next(opened, service) -> None:
    reranker = opened("voyage")
    service.script = [Reply(500, {})] * 4
    with pytest.raises(ProviderError):
        run(reranker)
    assert run(reranker).usage["requests"] == 1


@pytest.mark.parametrize("name", [name for name in KINDS if name != "llm-listwise"])
def test_a_server_that_is_not_there_is_told(name: str, opened) -> None:
    reranker = opened(name, base_url="http://127.0.0.1:9")
    with pytest.raises(ProviderError, match=r"cannot be reached") as caught:
        run(reranker)
    assert (caught.value.status, caught.value.retryable) == (None, True)
