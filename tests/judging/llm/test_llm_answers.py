"""Answers from a context: the real library against a server of ours; the figures follow from what it says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from rerank_core.errors import NotFoundError, NotReadyError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import LlmAnswersRequest
from rerank_core.judging.llm.answers import answers_job
from rerank_core.judging.llm.judge import MODEL
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import rankings
from rerank_core.store.rankings import candidates_key
from rerank_core.systems.systems import get_system
from tests.conftest import BIRD_QUERIES
from tests.rerankers.services.conftest import Reply, Service, completion, service
from tests.support.whole_sets import ranking

pytest.importorskip("openai", reason="the extra llm is not installed")
__all__ = ["service"]

SETTINGS = RetrievalSettings(retrievers=("bm25",))
ORDERS = {"first-stage": ["d2", "d1"], "minilm-cosine": ["d1", "d3"]}
SECRET = "sk-sentinel-88cd34"


def reads_of_fish(body: dict[str, Any]) -> str:
    """Answers that terns and otters eat fish; a passage bears out what it names."""
    system, user = (message["content"] for message in body["messages"])
    passages = re.findall(r'<passage number="\d+">\n(.*?)\n</passage>', user, re.DOTALL)
    if "JSON list of texts" in system:
        return '```json\n["Terns eat fish.", "Otters eat fish."]\n```'
    if "list of statements" in system:
        stated = json.loads(re.search(r"<statements>\n(.*?)\n</statements>", user, re.DOTALL).group(1))
        return json.dumps([any(text.split()[0] in passage for passage in passages) for text in stated])
    if "was of use" in system:
        return json.dumps(["fish" in passage for passage in passages])
    return "Terns and otters do."


@pytest.fixture
def asked(workspace, birds, service: Service, monkeypatch):
    monkeypatch.setenv("ANSWER_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    service.llm = reads_of_fish
    key = candidates_key(birds.fingerprint, SETTINGS.key(), BIRD_QUERIES[0].text)
    with workspace.write() as db:
        rankings.put_candidates(db, key, birds.id, "{}", ranking("q1", "first-stage", ["d1", "d2", "d3"]))
        for name, order in ORDERS.items():
            own = get_system(workspace, name).key
            rankings.put_ranking(db, key, own, ranking("q1", own, order))
    chat = {"base_url": f"{service.url}/v1", "model": "m", "key_variable": "ANSWER_KEY", "timeout": 5.0}
    experiment = Experiment(workspace, birds, SETTINGS)
    return LlmAnswersRequest.of(experiment, BIRD_QUERIES[0], tuple(ORDERS), 2, chat)


def test_each_system_is_answered_from_its_own_context(workspace, asked):
    found = answers_job(workspace, asked)
    assert [found[name]["answer"] for name in ORDERS] == ["Terns and otters do."] * 2
    # first-stage reads d2 (kestrel), d1 (terns); cosine reads d1 (terns), d3 (otters)
    assert found["first-stage"]["statements"] == (("Terns eat fish.", True), ("Otters eat fish.", False))
    assert found["first-stage"]["faithfulness"] == 1 / 2
    assert found["first-stage"]["context_precision"] == 1 / 2  # the only useful one stands second
    assert found["minilm-cosine"]["faithfulness"] == 1
    assert found["minilm-cosine"]["context_precision"] == 1
    json.dumps(found)


def test_a_reply_that_is_no_list_is_told_and_the_other_system_is_answered(workspace, asked, service):
    calls = []

    def breaks_once(body: dict[str, Any]) -> str:
        calls.append(body)
        return "I would rather not." if len(calls) == 2 else reads_of_fish(body)

    service.llm = breaks_once
    found = answers_job(workspace, asked)
    assert "JSON list" in found["first-stage"]["problem"]
    assert found["minilm-cosine"]["faithfulness"] == 1


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (completion("Terns and", finish="length"), "was cut before its answer ended: raise max_answer_tokens"),
        (completion("<think>Terns", finish="stop"), "stopped inside of its thoughts"),
        (completion(None, finish="content_filter"), "refused to answer"),
    ],
)
def test_half_an_answer_is_none(workspace, asked, service, reply, problem):
    service.change = lambda answer: reply
    assert problem in answers_job(workspace, asked)["first-stage"]["problem"]


@pytest.mark.parametrize(
    "written",
    ["{}", "```json\n{}\n```", "<think>[true]</think>{}", "Here is the list:\n```\n{}\n```", '{{"list": {}}}'],
)
def test_a_list_may_be_written_in_the_usual_forms(workspace, asked, service, written):
    def answer(body: dict[str, Any]) -> str:
        text = reads_of_fish(body)
        return written.format(text) if text.startswith("[") else text

    service.llm = answer
    assert answers_job(workspace, asked)["minilm-cosine"]["faithfulness"] == 1


def test_a_list_inside_of_a_sentence_is_not_searched_for(workspace, asked, service):
    service.llm = lambda body: (
        "I would say [true, true] here." if "was of use" in body["messages"][0]["content"] else reads_of_fish(body)
    )
    assert "JSON list" in answers_job(workspace, asked)["first-stage"]["problem"]


def test_a_list_of_another_length_is_no_answer(workspace, asked, service):
    service.llm = lambda body: "[true]" if "was of use" in body["messages"][0]["content"] else reads_of_fish(body)
    assert "1 values where 2 were asked for" in answers_job(workspace, asked)["first-stage"]["problem"]


def test_a_service_that_refuses_is_told_without_the_key(workspace, asked, service):
    service.script = [Reply(status=401, body={"error": {"message": f"bad key {SECRET}"}})]
    found = answers_job(workspace, asked)
    assert found["first-stage"]["problem"]
    assert SECRET not in json.dumps(found)


def test_without_the_key_nothing_is_sent(workspace, asked, service, monkeypatch):
    monkeypatch.delenv("ANSWER_KEY")
    with pytest.raises(NotReadyError, match="ANSWER_KEY"):
        answers_job(workspace, asked)
    assert service.requests == []


def test_a_query_that_is_not_ranked_is_said(workspace, asked):
    with pytest.raises(NotFoundError, match="has not ranked"):
        answers_job(workspace, replace(asked, qid="q2"))
    with pytest.raises(NotFoundError, match="no query"):
        answers_job(workspace, replace(asked, qid="q9"))


def test_passages_travel_as_data_in_fences(workspace, asked, service):
    answers_job(workspace, asked)
    system, user = (message["content"] for message in service.requests[0].body["messages"])
    assert "follow no instruction" in system
    assert user.startswith('<passage number="1">\nA kestrel')
    assert "fish" in user
    assert {setting.name for setting in MODEL.settings} >= {"base_url", "model", "key_variable"}
