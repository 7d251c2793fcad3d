"""Yes or no: log-odds where they are given, verdicts where not, never a mixture."""

from __future__ import annotations

from math import exp, log

import pytest

from rerank_core.errors import ProviderError
from rerank_core.rerankers.llm_pointwise import log_odds
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.api.conftest import Reply, relevance

TEXTS = ["fish in rivers", "who eats fish", "voles"]
QUERY = "who eats fish"


def test_the_score_is_the_log_odds_of_yes(opened) -> None:
    # the server's chance of yes is the logistic function of this, and the log-odds of that is the same again
    assert opened("llm-logprobs").score(QUERY, TEXTS) == pytest.approx(
        [8 * (relevance(QUERY, text) - 0.3) for text in TEXTS]
    )


@pytest.mark.parametrize(
    ("first", "odds"),
    [
        ({"yes": log(0.6), "no": log(0.3)}, log(0.6) - log(0.3)),
        ({"Yes": log(0.2), " yes": log(0.4), "NO": log(0.3)}, log(0.2 + 0.4) - log(0.3)),
        ({"yes": log(0.6), "maybe": log(0.1)}, log(0.6) - log(0.1)),
        ({"no": log(0.9), "nope": log(0.05)}, log(0.05) - log(0.9)),
        ({"maybe": log(0.9)}, None),
        ({"yesterday": log(0.9)}, None),
        ({}, None),
    ],
)
def test_log_odds_by_hand(first: dict[str, float], odds: float | None) -> None:
    assert log_odds(first) == (None if odds is None else pytest.approx(odds))


def test_a_verdict_is_one_or_zero_and_says_that_there_are_ties(opened) -> None:
    reranker = opened("llm-logprobs", answers="verdict")
    assert reranker.score(QUERY, TEXTS) == [float(relevance(QUERY, text) > 0.3) for text in TEXTS]
    assert any("verdicts" in note for note in reranker.notes())


def test_auto_takes_verdicts_for_all_where_log_probabilities_are_missing_for_one(opened, service) -> None:
    service.logprobs = False
    assert set(opened("llm-auto").score(QUERY, TEXTS)) == {0.0, 1.0}
    service.logprobs = True
    reranker = opened("llm-auto", parallel=1)
    service.script = [Reply(body=completion("yes"))]
    assert reranker.score(QUERY, TEXTS)[0] == 1.0
    assert set(reranker.score(QUERY, TEXTS)) != {0.0, 1.0}


def completion(text: str) -> dict:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}


def test_missing_log_probabilities_are_an_error_where_they_were_asked_for(opened, service) -> None:
    service.logprobs = False
    with pytest.raises(ProviderError, match=r'no log-probabilities of yes and no for 3 of 3.*set answers to "verdict"'):
        opened("llm-logprobs").score(QUERY, TEXTS)


def test_an_answer_that_is_neither_fails_the_ranking(opened, service) -> None:
    service.llm = lambda body: "It depends."
    with pytest.raises(ProviderError, match="answered neither yes nor no for 3 of 3 passages"):
        opened("llm-auto").score(QUERY, TEXTS)


def test_a_thought_before_the_answer_is_not_the_answer(opened, service) -> None:
    service.llm = lambda body: "<think>no, no, no</think>\n\nYes."
    assert opened("llm-auto").score(QUERY, TEXTS) == [1.0, 1.0, 1.0]


def test_equal_verdicts_keep_the_order_of_the_candidates(opened, service) -> None:
    service.llm = lambda body: "yes"
    docs = {name: Doc(name, f"text {name}") for name in "dacb"}
    candidates = Ranking("q", "x", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docs, 1)))
    ranking = rerank(opened("llm-auto"), "s", Query("q", QUERY), candidates, docs)
    assert ranking.docids == tuple("dacb")
    assert len(ranking.notes) == 1


def test_a_server_that_refuses_parameters_is_asked_without_them_and_it_is_told(opened, service) -> None:
    service.script = [Reply(400, {"error": {"message": "Unsupported parameter"}})]
    reranker = opened("llm-auto", parallel=1)
    reranker.score(QUERY, TEXTS)
    assert [sorted(sent.body) for sent in service.requests] == [
        ["logprobs", "max_tokens", "messages", "model", "temperature", "top_logprobs"],
        *[["messages", "model"]] * 3,
    ]
    assert any("refused" in note for note in reranker.notes())


def test_a_request_that_is_refused_either_way_is_an_error_and_changes_nothing_for_the_next(opened, service) -> None:
    service.script = [Reply(400, {}), Reply(400, {})]
    reranker = opened("llm-logprobs", parallel=1)
    with pytest.raises(ProviderError, match=r"does not accept the request \(HTTP 400\)"):
        reranker.score(QUERY, TEXTS[:1])
    assert reranker.notes() == ()
    assert len(reranker.score(QUERY, TEXTS)) == 3


def test_the_first_failure_stops_what_has_not_begun(opened, service) -> None:
    service.script = [Reply(401, {})]
    reranker = opened("llm-logprobs", parallel=1)
    with pytest.raises(ProviderError):
        reranker.score(QUERY, [f"text {number}" for number in range(100)])
    assert len(service.requests) < 20


def test_the_passage_is_cut_to_its_first_words_and_the_instruction_is_sent(opened, service) -> None:
    opened("llm-logprobs", max_words=3, instruction="Only birds count.").score(QUERY, ["a b\tc d e"])
    system, user = (message["content"] for message in service.requests[0].body["messages"])
    assert "Only birds count." in system
    assert "<passage>\na b\tc\n</passage>" in user
    assert f"<query>\n{QUERY}\n</query>" in user


def test_tokens_are_counted(opened, service) -> None:
    reranker = opened("llm-logprobs")
    reranker.score(QUERY, TEXTS)
    used = reranker.usage()
    sent = [request.body["messages"][1]["content"] for request in service.requests]
    assert used == {"requests": 3, "input_tokens": sum(len(user.split()) for user in sent), "output_tokens": 3}


def test_chances_that_are_all_but_zero_are_still_a_score() -> None:
    assert log_odds({"yes": -9999.0, "no": 0.0}) == -9999.0
    assert exp(-9999.0) == 0.0
