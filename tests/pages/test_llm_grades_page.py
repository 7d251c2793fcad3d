"""The page LLM grades under Streamlit's own driver, with a server of ours as the language model."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.store import jobs, judgments, llm_grades
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import VIEW, RankedBirds, open_page, texts
from tests.rerankers.services.conftest import Reply, Service

pytest.importorskip("openai", reason="the extra llm is not installed")

SECRET = "sk-sentinel-41d0e7"
TWO = {"sys": ["Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"]}


@pytest.fixture
def llm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A model that grades 3 what swims and 0 what does not."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OUR_LLM_KEY", SECRET)
    running = Service()
    running.llm = lambda body: f"grade: {3 if 'fish' in passage(body) else 0}"
    yield running
    running.stop()


def passage(body: dict[str, Any]) -> str:
    return re.search(r"<passage>\n(.*?)\n</passage>", body["messages"][1]["content"], re.DOTALL).group(1)


def worth() -> AppTest:
    """The other half of the page."""
    return open_page("LLM_grades", **VIEW, **TWO, llm="What its grades are worth")


def llm_page(address: str = "", model: str = "tern-8b", key: str = "OUR_LLM_KEY") -> AppTest:
    app = open_page("LLM_grades", **VIEW, **TWO)
    assert not app.exception, app.exception[0].message
    if not address:
        return app
    app.text_input(key="llm_address").set_value(address)
    app.text_input(key="llm_key").set_value(key)
    app.text_input(key="llm_model").set_value(model)
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return "\n".join(texts(own) for own in (app.markdown, app.caption, app.warning, app.info, app.error, app.success))


def start(app: AppTest) -> Any:
    return next(button for button in app.button if button.label.startswith("Send "))


def work_off(workspace: Workspace) -> jobs.Job:
    """Do what waits, as the worker would."""
    worker = Worker(workspace, os.getppid(), Pipeline(workspace))
    while worker.step():
        pass
    with workspace.open() as db:
        return jobs.recent(db, "llm-grade")[0]


def test_nothing_asked_and_nothing_named_says_what_to_do(ranked: RankedBirds) -> None:
    app = llm_page()
    assert "Enter the name of the model" in said(app)
    assert "no grades by a language model yet" in said(worth())
    assert app.text_input(key="llm_address").value == "https://api.openai.com/v1"


def test_nothing_ranked_says_so(birds: DatasetRow) -> None:
    assert "so there is nothing to grade" in said(llm_page("http://127.0.0.1:1/v1"))


def test_it_says_how_many_texts_go_where_and_that_they_leave_the_machine(ranked: RankedBirds) -> None:
    app = llm_page("https://llm.example.org/v1")
    told = said(app)
    pairs = len(ranked.found)
    assert f"**{pairs} requests to llm.example.org**" in told
    assert f"In all 1 queries and {pairs} passages of birds" in told
    assert "These texts leave this machine" in told
    assert "not known for this model and address" in told
    assert start(app).label == f"Send {pairs} requests to llm.example.org"


def test_an_address_of_this_machine_says_that_no_text_leaves_it(ranked: RankedBirds) -> None:
    told = said(llm_page("http://127.0.0.1:8000/v1"))
    assert "no text leaves it" in told
    assert "leave this machine" not in told


def test_a_known_price_and_ones_own_price_make_an_estimate(ranked: RankedBirds) -> None:
    app = llm_page("https://api.openai.com/v1", model="gpt-4o-mini")
    assert "About $0.00**, at $0.15 in and $0.6 out per 1,000,000 tokens (2026-03)" in said(app)
    app.number_input(key="llm_price_in").set_value(1000.0)
    app.number_input(key="llm_price_out").set_value(0.0)
    told = said(app.run())
    tokens = int(re.search(r"About ([\d,]+) tokens sent", told).group(1).replace(",", ""))
    assert f"About ${tokens / 1000:,.2f}**" in told


def test_what_is_sent_can_be_read_word_for_word(ranked: RankedBirds) -> None:
    system, first = (code.value for code in llm_page("http://127.0.0.1:8000/v1").code)
    assert "3: Answers it" in system
    assert first.startswith("<query>\nwho eats fish\n</query>\n<passage>\n")


def test_without_its_key_it_names_the_variable_and_cannot_start(ranked: RankedBirds, monkeypatch) -> None:
    monkeypatch.delenv("NOT_THERE_KEY", raising=False)
    app = llm_page("https://llm.example.org/v1", key="NOT_THERE_KEY")
    assert "Needs a key: set NOT_THERE_KEY." in said(app)
    assert start(app).disabled


@pytest.mark.parametrize(
    ("address", "key"), [("https://user:pw@llm.example.org/v1", ""), ("ftp://x", ""), ("http://x", SECRET)]
)
def test_what_is_not_allowed_is_refused_and_not_repeated(ranked: RankedBirds, address: str, key: str) -> None:
    app = llm_page(address, key=key)
    refused = texts(app.error)
    assert "must be" in refused
    assert "pw" not in refused
    assert SECRET not in refused
    assert not [button for button in app.button if button.label.startswith("Send ")]


def test_from_the_start_to_the_figures(workspace: Workspace, ranked: RankedBirds, llm: Service) -> None:
    with workspace.write() as db:
        events = [GradeEvent("c", 1, "grade", "q1", ranked.found[0], 3), GradeEvent("c", 2, "grade", "q1", "d2", 1)]
        judgments.record(db, ranked.dataset.id, "ann", events, ranked.dataset.scale)
        before = judgments.history(db, ranked.dataset.id)
    app = llm_page(f"{llm.url}/v1")
    app = start(app).click().run()
    assert "Asking tern-8b" in said(app)
    assert [button.label for button in app.button if button.label == "Stop"] == ["Stop"]
    assert llm.requests == [], "the web process asks nobody itself"
    assert work_off(workspace).state == "done"
    app = llm_page()
    told = said(app)
    assert f"{len(ranked.found)} pairs graded by tern-8b" in told
    assert app.text_input(key="llm_model").value == "tern-8b", "what was used last stands in the form"
    app = worth()
    told = said(app)
    values = {metric.label: metric.value for metric in app.metric}
    assert values["Pairs it graded"] == str(len(ranked.found))
    assert values["Unusable answers"] == "0"
    shared = [docid for docid in (ranked.found[0], "d2") if docid in ranked.found]
    assert values["Of these graded by people"] == str(len(shared))
    assert "The same grade on" in told
    assert "Cohen's kappa" in told
    assert "Would it change the verdict?" in texts(app.subheader)
    frame = app.dataframe[0].value
    assert list(frame["Graded by"]) == ["people only", "people, else the LLM", "the LLM only"]
    assert list(frame["Queries"]) == [1, 1, 1]
    with workspace.open() as db:
        assert judgments.history(db, ranked.dataset.id) == before, "no LLM's grade is a judgment"


def test_asking_again_has_nothing_to_send(workspace: Workspace, ranked: RankedBirds, llm: Service) -> None:
    start(llm_page(f"{llm.url}/v1")).click().run()
    work_off(workspace)
    app = llm_page(f"{llm.url}/v1")
    assert f"All {len(ranked.found)} pairs have an answer" in said(app)
    assert start(app).disabled


def test_answers_of_no_use_are_shown_as_text_and_asked_again_on_request(
    workspace: Workspace, ranked: RankedBirds, llm: Service
) -> None:
    llm.llm = lambda body: "grade: **<script>alert(1)</script>" if "Otters" in passage(body) else "grade: 1"
    start(llm_page(f"{llm.url}/v1")).click().run()
    assert work_off(workspace).result["failed"] == 1
    app = llm_page(f"{llm.url}/v1")
    assert "Unusable answers: 1" in said(app)
    listed = worth()
    shown = listed.dataframe[-1].value
    assert list(shown["Passage"]) == ["d3"]
    assert "<script>" in shown["Problem"][0]
    assert "<script>" not in said(app) + said(listed)
    assert start(app).disabled
    app.checkbox(key="llm_retry").check().run()
    assert start(app).label.startswith("Send 1 request to")
    llm.llm = lambda body: "grade: 2"
    start(app).click().run()
    assert work_off(workspace).result == {"graded": 1, "failed": 0, "kept": len(ranked.found) - 1}


def test_a_service_that_refuses_is_told_and_the_next_start_goes_on(
    workspace: Workspace, ranked: RankedBirds, llm: Service
) -> None:
    llm.script = [Reply(401, {"message": f"{SECRET} is not allowed"})] * 20
    start(llm_page(f"{llm.url}/v1")).click().run()
    assert work_off(workspace).state == "failed"
    llm.script = []
    app = llm_page(f"{llm.url}/v1")
    told = said(app)
    assert "refuses the key (HTTP 401)" in told
    assert "the next start continues from there" in told
    start(app).click().run()
    assert work_off(workspace).result["graded"] == len(ranked.found)


def test_a_stop_is_told(workspace: Workspace, ranked: RankedBirds, llm: Service) -> None:
    app = start(llm_page(f"{llm.url}/v1")).click().run()
    next(button for button in app.button if button.label == "Stop").click().run()
    assert "Stopped. The answers so far are kept" in said(llm_page())


def test_the_key_is_nowhere_but_in_the_header(workspace: Workspace, ranked: RankedBirds, llm: Service) -> None:
    llm.llm = lambda body: f"intent: {SECRET}\ngrade: 1" if "Otters" in passage(body) else f"your key is {SECRET}"
    start(llm_page(f"{llm.url}/v1")).click().run()
    work_off(workspace)
    assert {request.headers["Authorization"] for request in llm.requests} == {f"Bearer {SECRET}"}
    for app in (llm_page(f"{llm.url}/v1"), worth()):
        assert not app.exception
        assert SECRET not in " ".join(str(getattr(element, "proto", "")) for element in app._tree)
    with workspace.open() as db:
        assert llm_grades.last_change(db)[0] == len(ranked.found)
    files = [path for path in workspace.path.parent.rglob("*") if path.is_file()]
    assert not [path.name for path in files if SECRET.encode() in path.read_bytes()]
