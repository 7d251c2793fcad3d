"""Parameters that a server refuses are left out one by one, remembered, and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rerank_core.errors import ProviderError
from rerank_core.rerankers.services.llm.chat_parameters import fitted, left_out
from tests.rerankers.services.conftest import Reply, Service

QUERY, TEXTS = "who eats fish", ["fish in rivers", "who eats fish", "voles"]
ALL = {"temperature", "max_tokens", "logprobs", "top_logprobs"}


def openai(name: str) -> Any:
    return {"error": {"message": f"Unsupported parameter: '{name}' is not supported.", "param": name, "code": "x"}}


def pydantic(name: str) -> Any:
    body = {"max_tokens": 1, "temperature": 0, "logprobs": True}
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs", "input": body}]}


def nameless(name: str) -> Any:
    return {"error": {"message": "Unsupported parameter"}}


def picky(service: Service, refused: set[str], status: int, body: Callable[[str], Any]) -> None:
    """The server refuses the first of these parameters that it is sent."""
    answer = service.reply

    def reply(request: Any) -> Reply:
        bad = sorted(refused & set(request.body))
        if not bad:
            return answer(request)
        service.requests.append(request)
        return Reply(status, body(bad[0]))

    service.reply = reply  # type: ignore[method-assign]


def sent(service: Service) -> list[set[str]]:
    return [set(request.body) - {"model", "messages"} for request in service.requests]


@pytest.mark.parametrize(("status", "body"), [(400, openai), (422, pydantic), (400, nameless), (422, nameless)])
def test_the_limit_is_sent_by_its_newer_name_before_log_probabilities_are_given_up(
    opened, service, status, body
) -> None:
    picky(service, {"max_tokens"}, status, body)
    reranker = opened("llm-logprobs", parallel=1)
    assert len(set(reranker.score(QUERY, TEXTS))) == 3
    newer = {"temperature", "max_completion_tokens", "logprobs", "top_logprobs"}
    assert sent(service) == [ALL, newer, newer, newer]
    assert service.requests[1].body["max_completion_tokens"] == 16
    assert reranker.notes() == ()  # nothing was lost by it


@pytest.mark.parametrize(("status", "body"), [(400, openai), (422, pydantic), (403, openai)])
@pytest.mark.parametrize(
    ("refused", "last", "note"),
    [
        ({"temperature"}, ALL - {"temperature"}, "refused temperature:"),
        ({"logprobs"}, {"temperature", "max_tokens"}, "refused log-probabilities:"),
        ({"max_tokens", "max_completion_tokens"}, ALL - {"max_tokens"}, "refused the limit of tokens:"),
        ({"max_tokens", "temperature", "logprobs"}, {"max_completion_tokens"}, "temperature and log-probabilities"),
    ],
)
def test_what_the_error_names_is_left_out_and_remembered(opened, service, status, body, refused, last, note) -> None:
    picky(service, refused, status, body)
    reranker = opened("llm-auto", parallel=1)
    reranker.score(QUERY, TEXTS)
    assert sent(service)[-3:] == [last] * 3
    assert note in " ".join(reranker.notes())
    before = len(service.requests)
    reranker.score(QUERY, TEXTS)
    assert sent(service)[before:] == [last] * 3


def test_a_server_that_gives_few_likely_tokens_is_asked_for_five(opened, service) -> None:
    service.script = [Reply(400, {"error": {"message": "top_logprobs must be between 0 and 5"}})]
    reranker = opened("llm-logprobs", parallel=1)
    reranker.score(QUERY, TEXTS)
    assert [request.body["top_logprobs"] for request in service.requests] == [20, 5, 5, 5]
    assert reranker.notes() == ()


def test_a_server_that_refuses_all_without_a_name_is_asked_without_any(opened, service) -> None:
    picky(service, {*ALL, "max_completion_tokens"}, 400, lambda name: {})
    reranker = opened("llm-auto", parallel=1)
    reranker.score(QUERY, TEXTS)
    assert sent(service)[-3:] == [set()] * 3
    assert "temperature and the limit of tokens and log-probabilities" in " ".join(reranker.notes())


def test_a_request_that_is_refused_in_every_form_is_an_error_and_changes_nothing_for_the_next(opened, service) -> None:
    service.script = [Reply(400, {})] * 4
    reranker = opened("llm-logprobs", parallel=1)
    with pytest.raises(ProviderError, match=r"does not accept the request \(HTTP 400\)"):
        reranker.score(QUERY, TEXTS[:1])
    assert reranker.notes() == ()
    reranker.score(QUERY, TEXTS)
    assert sent(service)[-1] == ALL


@pytest.mark.parametrize(
    "told",
    [
        "This model's maximum context length is 8192 tokens; max_tokens leaves too few.",
        "The prompt is too long.",
        "The response was filtered by Azure's content management policy.",
        "bad key",
    ],
)
def test_a_refusal_that_is_not_about_parameters_is_not_tried_in_other_forms(opened, service, told) -> None:
    service.script = [Reply(400, {"error": {"message": told}})]
    with pytest.raises(ProviderError):
        opened("llm-logprobs", parallel=1).score(QUERY, TEXTS[:1])
    assert len(service.requests) == 1


def test_a_server_that_has_answered_has_something_against_the_question_and_not_the_parameters(opened, service) -> None:
    reranker = opened("llm-logprobs", parallel=1)
    reranker.score(QUERY, TEXTS)
    service.script = [Reply(400, {})]
    with pytest.raises(ProviderError):
        reranker.score(QUERY, TEXTS[:1])
    assert len(service.requests) == 4


WANTED = {"temperature": 0, "max_tokens": 16, "logprobs": True, "top_logprobs": 20}


@pytest.mark.parametrize(
    ("refused", "sent_now", "gone"),
    [
        (set(), WANTED, []),
        ({"max_tokens"}, {"temperature": 0, "logprobs": True, "top_logprobs": 20, "max_completion_tokens": 16}, []),
        ({"top_logprobs"}, {**WANTED, "top_logprobs": 5}, []),
        ({"logprobs"}, {"temperature": 0, "max_tokens": 16}, ["log-probabilities"]),
        ({"max_tokens", "max_completion_tokens", "temperature", "logprobs"}, {},
         ["temperature", "the limit of tokens", "log-probabilities"]),
    ],
)  # fmt: skip
def test_what_is_sent_and_what_is_left_out_by_hand(refused, sent_now, gone) -> None:
    assert fitted(WANTED, frozenset(refused)) == sent_now
    assert left_out(WANTED, frozenset(refused)) == gone
