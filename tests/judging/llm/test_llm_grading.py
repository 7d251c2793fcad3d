"""Grades by a language model: the real library against a server of ours that speaks the protocol."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rerank_core.errors import CancelledError, NotReadyError, ProviderError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.llm.grading import GIVE_UP, grade_pairs, pairs_of
from rerank_core.judging.llm.judge import Judge, make_judge, plan_work
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.rerankers.catalogue.pricing import ChatPrice
from rerank_core.rerankers.services.lengths import estimated_tokens
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs, llm_grades, scales
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query
from tests.rerankers.services.conftest import Reply, Service, completion, service
from tests.support.whole_sets import whole_set

pytest.importorskip("openai", reason="the extra llm is not installed")
__all__ = ["service"]

SECRET = "sk-sentinel-77ab12"
PAIRS = [("q1", "d1"), ("q1", "d2"), ("q1", "d3"), ("q2", "d2")]


def graded_by_words(body: dict[str, Any]) -> str:
    """A language model that knows one word: 3 where the passage has the query's last word, else 0."""
    user = body["messages"][1]["content"]
    query = re.search(r"<query>\n(.*?)\n</query>", user, re.DOTALL).group(1)
    passage = re.search(r"<passage>\n(.*?)\n</passage>", user, re.DOTALL).group(1)
    grade = 3 if query.split()[-1] in passage else 0
    return f"intent: to know\nmatch: {grade}\ntrust: high\ngrade: {grade}"


@pytest.fixture
def judge(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Judge]:
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    service.llm = graded_by_words
    scale = scales.PRESETS["0 to 3"]

    def made(**settings: Any) -> Judge:
        own = {"base_url": f"{service.url}/v1", "model": "m", "key_variable": "JUDGE_KEY", "timeout": 5.0}
        return make_judge({**own, **settings}, scale)

    return made


def answers(workspace: Workspace, judge: Judge) -> dict[tuple[str, str], llm_grades.LlmGrade]:
    with workspace.open() as db:
        return {(one.qid, one.docid): one for one in llm_grades.answers(db, judge.id).values()}


def grades(workspace: Workspace, judge: Judge) -> dict[tuple[str, str], int | None]:
    return {pair: one.grade for pair, one in answers(workspace, judge).items()}


def plan(workspace: Workspace, dataset: DatasetRow, pairs, judge: Judge, **more: Any):
    with workspace.open() as db:
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
        return plan_work(db, dataset.id, queries, pairs, judge, **more)


def test_each_pair_is_asked_once_and_its_grade_kept(workspace, birds, judge, service):
    one = judge()
    assert grade_pairs(workspace, birds, PAIRS, one) == {"graded": 4, "failed": 0, "kept": 0}
    assert grades(workspace, one) == {("q1", "d1"): 3, ("q1", "d2"): 0, ("q1", "d3"): 3, ("q2", "d2"): 0}
    asked = service.requests[0].body
    assert asked["model"] == "m"
    assert asked["temperature"] == 0
    assert asked["messages"][0] == {"role": "system", "content": one.prompt.system}
    assert answers(workspace, one)["q1", "d1"].reply.endswith("grade: 3")
    assert answers(workspace, one)["q1", "d1"].output_tokens == 1
    assert all(request.headers["Authorization"] == f"Bearer {SECRET}" for request in service.requests)


def test_asking_again_costs_nothing(workspace, birds, judge, service):
    grade_pairs(workspace, birds, PAIRS, judge())
    assert grade_pairs(workspace, birds, PAIRS, judge()) == {"graded": 0, "failed": 0, "kept": 4}
    assert len(service.requests) == 4


def test_title_note_and_text_are_sent(workspace, birds, judge, service):
    grade_pairs(workspace, birds, [("q2", "d3")], judge())
    assert service.requests[0].body["messages"][1]["content"] == (
        "<query>\nhovering hunter\n</query>\n<note>\nnames the bird\n</note>\n"
        "<passage>\nOtters\nOtters eat fish and live beside rivers.\n</passage>"
    )


def test_a_changed_text_scale_or_model_is_asked_anew(workspace, birds, judge, service):
    grade_pairs(workspace, birds, PAIRS, judge())
    with workspace.write() as db:
        changed = Doc("d2", "A kestrel eats fish at times.")
        db.execute("UPDATE doc SET text = ?, text_hash = ? WHERE docid = 'd2'", [changed.text, changed.text_hash])
    assert grade_pairs(workspace, birds, PAIRS, judge())["graded"] == 2
    assert grade_pairs(workspace, birds, PAIRS, judge(model="n"))["graded"] == 4
    assert grade_pairs(workspace, birds, PAIRS, judge(max_words=7))["graded"] == 4
    other = make_judge(judge().settings, [(0, "No", ""), (3, "Yes", "")])
    assert grade_pairs(workspace, birds, PAIRS, other)["graded"] == 4


def test_pairs_of_the_same_texts_are_asked_once(workspace, birds, judge, service):
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query("twin", "who eats fish")])
    assert grade_pairs(workspace, birds, [("q1", "d1"), ("twin", "d1")], judge())["graded"] == 1
    assert len(service.requests) == 1


def test_a_pair_that_is_not_there_is_left_out(workspace, birds, judge):
    assert grade_pairs(workspace, birds, [("q1", "gone"), ("gone", "d1")], judge())["graded"] == 0


def test_an_answer_of_no_use_is_kept_with_its_reason_and_asked_again_only_on_request(workspace, birds, judge, service):
    service.llm = lambda body: "grade: 9" if "kestrel" in body["messages"][1]["content"] else graded_by_words(body)
    one = judge(parallel=1)
    assert grade_pairs(workspace, birds, PAIRS, one) == {"graded": 2, "failed": 2, "kept": 0}
    failed = answers(workspace, one)["q1", "d2"]
    assert (failed.grade, failed.problem) == (None, "gave 9, which is not on the scale (0, 1, 2, 3)")
    service.llm = graded_by_words
    assert grade_pairs(workspace, birds, PAIRS, one) == {"graded": 0, "failed": 0, "kept": 4}
    assert grade_pairs(workspace, birds, PAIRS, one, retry=True) == {"graded": 2, "failed": 0, "kept": 2}
    assert len(service.requests) == 6


def test_a_refused_question_is_a_failure_of_that_pair_alone(workspace, birds, judge, service):
    service.script = [Reply(400, {"error": {"message": "content policy"}})]
    one = judge(parallel=1)
    assert grade_pairs(workspace, birds, PAIRS, one) == {"graded": 3, "failed": 1, "kept": 0}
    assert "does not accept the request (HTTP 400)" in answers(workspace, one)["q1", "d1"].problem


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (completion("match: 1\ngrade: 1", finish="length"), "was cut before its answer ended: raise max_answer_tokens"),
        (completion("<think>perhaps\ngrade: 1\n", finish="stop"), "stopped inside of its thoughts"),
        (completion(None, finish="length", reasoning_content="grade: 1"), "all of them on its thoughts"),
        (completion("grade: 1", finish="content_filter"), "refused to answer"),
        (completion(None, refusal="I can't help with that."), "refused to answer"),
        (completion("I'm sorry, I can't help with that."), "gave no line that begins with 'grade:'"),
        (completion(None), "gave an empty answer"),
    ],
)
def test_a_draft_a_cut_and_a_refusal_are_failures_and_no_grade(workspace, birds, judge, service, reply, problem):
    service.change = lambda answer: reply
    one = judge()
    assert grade_pairs(workspace, birds, PAIRS[:1], one) == {"graded": 0, "failed": 1, "kept": 0}
    (kept,) = answers(workspace, one).values()
    assert kept.grade is None
    assert problem in kept.problem


@pytest.mark.parametrize(
    "content",
    [
        "grade: 1 would be for related.\ngrade: 0\n</think>\n\nmatch: 3\ngrade: 3",
        [{"type": "thinking", "thinking": "grade: 1"}, {"type": "text", "text": "grade: 3"}],
        "<|channel|>analysis<|message|>grade: 1<|end|><|channel|>final<|message|>grade: 3",
    ],
)
def test_a_grade_in_a_thought_is_not_the_grade(workspace, birds, judge, service, content):
    service.change = lambda answer: completion(content)
    one = judge()
    grade_pairs(workspace, birds, PAIRS[:1], one)
    assert grades(workspace, one) == {("q1", "d1"): 3}


def test_an_answer_without_text_is_a_failure_of_that_pair_alone(workspace, birds, judge, service):
    service.script = [Reply(body={"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []})]
    one = judge(parallel=1)
    assert grade_pairs(workspace, birds, PAIRS, one)["failed"] == 1
    assert "without a choice" in answers(workspace, one)["q1", "d1"].problem


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_service_that_refuses_us_stops_the_work_and_what_was_answered_is_kept(
    workspace, birds, judge, service, status
):
    one = judge(parallel=1)
    grade_pairs(workspace, birds, PAIRS[:2], one)
    service.script = [Reply(status, {"message": f"bad key {SECRET}"})]
    with pytest.raises(ProviderError) as caught:
        grade_pairs(workspace, birds, PAIRS, one)
    assert caught.value.status == status
    assert SECRET not in str(caught.value)
    assert len(grades(workspace, one)) == 2
    assert grade_pairs(workspace, birds, PAIRS, one) == {"graded": 2, "failed": 0, "kept": 2}


def test_where_none_of_the_first_answers_is_of_use_the_work_stops(workspace, birds, judge, service):
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc(f"x{number}", f"text {number}") for number in range(40)])
    service.llm = lambda body: "I cannot help with that."
    with pytest.raises(
        ProviderError, match=f"none of the first {GIVE_UP} answers is of use; it gave no line"
    ) as caught:
        grade_pairs(workspace, birds, [("q1", f"x{number}") for number in range(40)], judge(parallel=1))
    assert not caught.value.retryable
    assert GIVE_UP <= len(service.requests) <= GIVE_UP + 1


def test_a_stop_keeps_what_is_answered_and_what_is_on_its_way_and_the_work_goes_on_from_there(
    workspace, birds, judge, service
):
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc(f"x{number}", f"text {number}") for number in range(40)])
    pairs = [("q1", f"x{number}") for number in range(40)]
    seen = []

    def stop_at_five(done: int, total: int, message: str = "") -> None:
        seen.append((done, total))
        if done >= 5:
            raise CancelledError("stopped on request")

    one = judge(parallel=4)
    with pytest.raises(CancelledError):
        grade_pairs(workspace, birds, pairs, one, stop_at_five)
    kept = grades(workspace, one)
    assert 5 <= len(kept) == len(service.requests) < 40
    assert seen[0] == (0, 40)
    assert grade_pairs(workspace, birds, pairs, one)["kept"] == len(kept)
    assert len(service.requests) == 40
    assert len(grades(workspace, one)) == 40


def test_a_stop_is_heard_while_no_answer_comes(workspace, birds, judge, service):
    service.script = [Reply(wait=2.0, body={})]
    told = []

    def stop_when_nothing_has_come(done: int, total: int, message: str = "") -> None:
        told.append(done)
        if len(told) == 2:
            raise CancelledError("stopped on request")

    with pytest.raises(CancelledError):
        grade_pairs(workspace, birds, PAIRS[:1], judge(), stop_when_nothing_has_come)
    assert told == [0, 0]


def test_several_are_asked_at_a_time_and_never_more_than_allowed(workspace, birds, judge, service):
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc(f"x{number}", f"text {number}") for number in range(24)])
    together, most, lock, met = 0, 0, threading.Lock(), threading.Barrier(4)

    def slow(body: dict[str, Any]) -> str:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        met.wait(20)  # goes on only when four are here at once
        with lock:
            together -= 1
        return "grade: 1"

    service.llm = slow
    pairs = [("q1", f"x{number}") for number in range(24)]
    assert grade_pairs(workspace, birds, pairs, judge(parallel=4, timeout=30.0))["graded"] == 24
    assert most == 4


def test_without_the_key_it_says_which_variable_to_set_and_asks_nothing(workspace, birds, judge, service, monkeypatch):
    monkeypatch.delenv("JUDGE_KEY")
    assert judge().state.kind == "needs-key"
    assert "JUDGE_KEY" in judge().state.detail
    with pytest.raises(NotReadyError, match="set JUDGE_KEY"):
        grade_pairs(workspace, birds, PAIRS, judge())
    assert service.requests == []


def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated(judge):
    with pytest.raises(SettingsError) as caught:
        judge(key_variable=SECRET)
    assert SECRET not in str(caught.value)


def test_a_server_that_says_the_key_back_does_not_get_it_into_the_workspace_or_a_log(
    workspace, birds, judge, service, caplog
):
    caplog.set_level(logging.DEBUG)
    service.llm = lambda body: (
        f"intent: {SECRET}\ngrade: 1" if "Terns" in body["messages"][1]["content"] else f"grade: {SECRET}"
    )
    one = judge()
    grade_pairs(workspace, birds, PAIRS[:2], one)
    found = answers(workspace, one)
    assert found["q1", "d1"].reply == "intent: [key]\ngrade: 1"
    assert found["q1", "d2"].problem == "gave no number but '[key]'"
    files = [path for path in Path(workspace.path).parent.iterdir() if path.is_file()]
    assert not [path.name for path in files if SECRET.encode() in path.read_bytes()]
    assert SECRET not in caplog.text
    assert service.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_the_plan_says_what_is_asked_and_about_how_many_tokens_it_takes(workspace, birds, judge):
    one = judge()
    work = plan(workspace, birds, PAIRS, one)
    messages = [question.message for question in work.questions]
    assert len(messages) == 4
    assert work.input_tokens == 4 * estimated_tokens([one.prompt.system])[0] + sum(estimated_tokens(messages))
    assert (work.output_tokens, work.observed) == (4 * 45, False)
    assert (work.price, work.usd) == (None, None)
    named = plan(workspace, birds, PAIRS, one, price=ChatPrice(2.0, 8.0, "", ""))
    assert named.usd == pytest.approx((2.0 * work.input_tokens + 8.0 * 180) / 1_000_000)


def test_a_known_model_at_its_own_address_has_a_price_and_elsewhere_none(workspace, birds):
    scale = scales.PRESETS["0 to 3"]
    known = make_judge({"model": "gpt-4o-mini-2024-07-18"}, scale)
    assert known.host == "api.openai.com"
    work = plan(workspace, birds, PAIRS, known)
    assert work.usd == pytest.approx((0.15 * work.input_tokens + 0.6 * work.output_tokens) / 1_000_000)
    elsewhere = make_judge({"base_url": "http://gpu-1:8000/v1", "model": "gpt-4o-mini"}, scale)
    assert plan(workspace, birds, PAIRS, elsewhere).usd is None


def test_after_enough_answers_their_own_length_is_the_estimate(workspace, birds, judge, service):
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc(f"x{number}", f"text {number}") for number in range(20)])
    grade_pairs(workspace, birds, [("q1", f"x{number}") for number in range(20)], judge())
    work = plan(workspace, birds, PAIRS, judge())
    assert (work.output_tokens, work.observed) == (4 * 1, True)  # the server counts one token an answer


def test_what_is_cut_is_counted_and_not_sent(workspace, birds, judge, service):
    work = plan(workspace, birds, [("q1", "d2"), ("q1", "d3")], judge(max_words=3))
    assert [question.cut for question in work.questions] == [8 - 3, 8 - 3]
    assert "<passage>\nA kestrel hovers\n</passage>" in work.questions[0].message


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://gpu-1:8000/v1", False),
        ("http://10.0.0.7/v1", False),
        ("https://api.openai.com/v1", False),
    ],
)
def test_it_is_known_whether_texts_leave_this_machine(address, here):
    assert make_judge({"base_url": address, "model": "m"}, scales.PRESETS["0 to 3"]).stays_here is here


def test_the_pairs_are_the_first_of_every_system_query_by_query_and_what_people_graded():
    whole = whole_set({"q1": {"z": 1, "a": 0}, "gone": {"a": 1}}, {"s": {"q2": "xyw", "q1": "abc"}, "t": {"q1": "cad"}})
    pool = [("q2", "x"), ("q2", "y"), ("q1", "a"), ("q1", "b"), ("q1", "c")]
    assert pairs_of(whole, 2, graded=False) == pool
    assert pairs_of(whole, 2, graded=True) == [*pool, ("q1", "z")]


def test_the_workers_job_grades_the_pool_of_the_chosen_systems(workspace, birds, judge, service):
    settings = RetrievalSettings(("bm25",), "rrf", (), depth=20)
    one = judge()
    params = {
        "dataset": "birds", "settings": settings.to_json(), "systems": ["first-stage"], "k": 2, "graded": False,
        "judge": {name: one.settings[name] for name in ("base_url", "model", "key_variable")}, "retry": False,
    }  # fmt: skip
    with workspace.open() as db:
        queries = datasets.get_queries(db, birds.id)
    pipeline = Pipeline(workspace)
    pipeline.run(Experiment(workspace, birds, settings, (get_system(workspace, "first-stage"),)), queries)
    with workspace.write() as db:
        job = jobs.submit(db, "llm-grade", params)
    Worker(workspace, os.getppid(), pipeline).step()
    with workspace.open() as db:
        done = jobs.get(db, job)
    assert done.state == "done", done.message
    asked = len(service.requests)
    assert 2 <= asked <= 4
    assert done.result == {"graded": asked, "failed": 0, "kept": 0}
    assert SECRET not in str(done)
