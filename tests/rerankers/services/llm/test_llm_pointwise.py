"""Yes or no: log-odds where they are given, verdicts where not, never a mixture."""

from __future__ import annotations

import pytest

from rerank_core.errors import ProviderError
from rerank_core.rerankers.rerank import rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.rerankers.services.conftest import Reply, completion, relevance

TEXTS = ["fish in rivers", "who eats fish", "voles"]
QUERY = "who eats fish"


def test_the_score_is_the_log_odds_of_yes(opened) -> None:
    # the server's chance of yes is the logistic function of this, and the log-odds of that is the same again
    assert opened("llm-logprobs").score(QUERY, TEXTS) == pytest.approx(
        [8 * (relevance(QUERY, text) - 0.3) for text in TEXTS]
    )


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


def test_missing_log_probabilities_are_an_error_where_they_were_asked_for(opened, service) -> None:
    service.logprobs = False
    with pytest.raises(ProviderError, match=r'no log-probabilities of yes and no for 3 of 3.*set answers to "verdict"'):
        opened("llm-logprobs").score(QUERY, TEXTS)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("It depends.", "answered neither yes nor no for 3 of 3 passages, such as 'It depends.'"),
        ("I'm sorry, I can't help with that.", "refused, or answered neither yes nor no, for 3 of 3 passages"),
        ("", "gave no answer for 3 of 3 passages: it gave an empty answer"),
    ],
)
@pytest.mark.parametrize("answers", ["auto", "verdict", "logprobs"])
def test_an_answer_that_is_neither_fails_the_ranking_and_is_told(opened, service, answers, answer, line) -> None:
    service.llm = lambda body: answer
    with pytest.raises(ProviderError) as caught:
        opened("llm-auto", answers=answers).score(QUERY, TEXTS)
    assert line in str(caught.value)


def test_an_answer_that_was_cut_while_it_thought_names_the_setting_that_helps(opened, service) -> None:
    service.change = lambda answer: completion(None, finish="length", reasoning_content="I wonder whether yes")
    with pytest.raises(ProviderError) as caught:
        opened("llm-auto").score(QUERY, TEXTS)
    assert "used up its tokens before it answered, all of them on its thoughts: raise max_answer_tokens" in str(
        caught.value
    )


def test_thoughts_before_the_answer_are_not_the_answer_whatever_opened_them(opened, service) -> None:
    thoughts = {
        "fish in rivers": "So there is no doubt that this passage names it.\n</think>\n\nYes",
        "who eats fish": "One might say yes if it were about fish. But it is a question.\n</think>\n\nNo",
        "voles": [{"type": "thinking", "thinking": [{"type": "text", "text": "no"}]}, {"type": "text", "text": "Yes"}],
    }
    service.answer = lambda request: completion(
        next(
            answer
            for text, answer in thoughts.items()
            if f"<passage>\n{text}\n" in str(request.body["messages"][1]["content"])
        )
    )
    assert opened("llm-auto").score(QUERY, TEXTS) == [1.0, 0.0, 1.0]


STRAY = [("<think>", {"<think>": 0.0, "Yes": -15.0, "No": -14.0})]
SPELLED = [*STRAY, ("no", {"no": -0.1}), ("</think>", {}), ("\n\nYes", {"Yes": -0.1, "No": -2.6})]


@pytest.mark.parametrize(("tokens", "score"), [(STRAY, 1.0), (SPELLED, 2.5)])
def test_log_probabilities_count_at_the_place_of_the_answer_alone(opened, service, tokens, score) -> None:
    service.change = lambda answer: completion("<think>no</think>\n\nYes", tokens=tokens)
    assert opened("llm-auto").score(QUERY, TEXTS) == pytest.approx([score] * 3)
    strict = opened("llm-auto", answers="logprobs")
    if score == 1.0:
        with pytest.raises(ProviderError, match="gave no log-probabilities of yes and no for 3 of 3"):
            strict.score(QUERY, TEXTS)
    else:
        assert strict.score(QUERY, TEXTS) == pytest.approx([score] * 3)


def test_equal_verdicts_keep_the_order_of_the_candidates(opened, service) -> None:
    service.llm = lambda body: "yes"
    docs = {name: Doc(name, f"text {name}") for name in "dacb"}
    candidates = Ranking("q", "x", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docs, 1)))
    ranking = rerank(opened("llm-auto"), "s", Query("q", QUERY), candidates, docs)
    assert ranking.docids == tuple("dacb")
    assert len(ranking.notes) == 1


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
