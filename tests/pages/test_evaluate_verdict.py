"""The top of Evaluate and what could change it: the sentence, the margin, the passages that decide, graded in place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.experiment.margin import margin_of, set_margin
from rerank_core.store import jobs, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import CLIENT, ROOT, texts
from tests.support.label_lists import make_list, rows

VIEW = {
    "ds": "letters",
    "ret": ["BM25 (words)"],
    "depth": "50",
    "sys": ["Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"],
}
OPEN_STEP = "that could decide it"


def evaluate(**query: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/2_Evaluate.py")
    for key, value in {**VIEW, **query}.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return texts(app.markdown) + texts(app.caption) + texts(app.info)


def headline(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return next(one.value for one in app.main.markdown if one.value.startswith("####"))


def grade(workspace: Workspace, dataset: DatasetRow, grades: dict[tuple[str, str], int]) -> None:
    with workspace.write() as db:
        events = [GradeEvent("c", seq, "grade", *pair, grade) for seq, (pair, grade) in enumerate(grades.items(), 1)]
        judgments.record(db, dataset.id, "bob", events, dataset.scale)


@pytest.fixture
def letters(workspace: Workspace) -> DatasetRow:
    """Twelve queries; the two orders are each other's reverse, and the graded passages are in the middle of both."""
    dataset = make_list(workspace, queries=12, passages=8)
    grade(workspace, dataset, {(f"q{n}", f"q{n}-d{3 + n % 2}"): 2 for n in range(12)})
    return dataset


def step(app: AppTest) -> Any:
    return next((one for one in app.button if OPEN_STEP in one.label), None)


def test_too_close_names_the_ungraded_share_and_the_passages_that_could_decide(letters: DatasetRow) -> None:
    app = evaluate()
    assert "Too close to call\\: MiniLM bi-encoder" in headline(app)
    assert headline(app).endswith("; 88 % of the top 10 is ungraded.")  # 1 of the 8 passages that each returns
    number = int(step(app).label.split()[2])
    assert 12 < number < 12 * 7
    assert "more quer" not in said(app)


def test_the_step_leads_to_the_passages_and_the_section_is_kept_in_the_link(letters: DatasetRow) -> None:
    app = evaluate(judge="ann")
    step(app).click().run()
    assert not app.exception
    assert app.query_params["part"] in ("Grade what decides", ["Grade what decides"])
    assert "You grade as **ann**" in said(app)


def test_nobody_grades_without_a_name(letters: DatasetRow) -> None:
    app = evaluate(part="Grade what decides")
    assert not app.get("bidi_component")
    app.text_input(key="new_judge").set_value(" ann ")
    next(one for one in app.button if one.label == "Start").click().run()
    assert "You grade as **ann**" in said(app)


def answer(app: AppTest) -> dict[str, Any]:
    assert not app.exception, app.exception[0].message
    return json.loads(app.get("bidi_component")[-1].proto.json)


def test_a_grade_given_in_place_is_kept_and_moves_the_interval(workspace: Workspace, letters: DatasetRow) -> None:
    app = evaluate(part="Grade what decides", judge="ann")
    before = answer(app)
    assert before["decision"]["headline"] == "Too close to call"
    assert before["progress"]["left"] == int(step(evaluate()).label.split()[2])
    assert step(app) is None  # one is there already
    qid, docid, rule = before["ahead"][0][:3]
    event = {"client_id": CLIENT, "seq": 1, "kind": "grade", "qid": qid, "docid": docid, "grade": 3, "ts": 1}
    event |= {"rule": rule, "note": "", "outbox_key": '["letters", "ann"]'}
    app.session_state["deciding"] = {"outbox": [event], "want": None}
    after = answer(app.run())
    assert after["ack"] == {CLIENT: 1}
    assert [(row["docid"], row["grade"], row["rule"]) for row in rows(workspace, judge="ann")] == [
        (docid, 3, "matters")
    ]
    wide, narrow = (one["decision"]["high"] - one["decision"]["low"] for one in (before, after))
    assert narrow < wide
    assert [qid, docid] not in [item[:2] for item in after["ahead"]]


def test_the_margin_is_set_once_and_makes_the_third_verdict(workspace: Workspace, letters: DatasetRow) -> None:
    app = evaluate()
    field = next(one for one in app.number_input if one.label == "Smallest difference that matters")
    assert field.value == 0.02
    field.set_value(0.5).run()
    assert margin_of(workspace, letters) == 0.5
    assert "are equal within your margin of 0.5 nDCG@10" in headline(evaluate())
    assert evaluate().dataframe[0].value["Verdict"].tolist() == ["baseline", "≈ equal"]


def test_where_grading_can_decide_nothing_it_is_said(workspace: Workspace) -> None:
    dataset = make_list(workspace, queries=4, passages=3)
    # all is graded, and each system is right on two of the four queries
    grades = {(f"q{n}", f"q{n}-d{d}"): 3 if d == (0 if n < 2 else 2) else 0 for n in range(4) for d in range(3)}
    grade(workspace, dataset, grades)
    app = evaluate(judge="ann")
    assert headline(app).endswith(
        "Too close to call\\: MiniLM bi-encoder \\(cosine\\) against Your search as it is \\(no reranker\\)."
    )
    assert step(app) is None
    assert "Grading these queries cannot decide it: 4 queries leave ±" in said(app)
    decision = answer(evaluate(part="Grade what decides", judge="ann"))["decision"]
    assert decision["over"]
    assert decision["lines"][1].startswith("Grading these passages cannot decide it any more")


def test_another_measure_says_why_there_is_no_list(letters: DatasetRow) -> None:
    app = evaluate(part="Grade what decides", m=["RR@10"], judge="ann")
    assert "This works with nDCG and a cutoff" in said(app)
    assert step(app) is None


def test_nothing_ranked_has_a_button_that_ranks(workspace: Workspace, letters: DatasetRow) -> None:
    app = evaluate(depth="20")
    # a small dataset is ranked unasked: there is a job, and no button
    assert "Nothing is ranked yet" in headline(app)
    with workspace.write() as db:
        for job in jobs.open_jobs(db, "run"):
            jobs.cancel(db, job.id)
        db.execute("UPDATE job SET state = 'cancelled' WHERE kind IN ('run', 'recall')")
    app = evaluate(depth="20")
    next(one for one in app.button if one.label == "Rank all 12 queries").click().run()
    with workspace.open() as db:
        assert jobs.open_jobs(db, "run")


def test_a_margin_of_another_person_is_seen(workspace: Workspace, letters: DatasetRow) -> None:
    set_margin(workspace, letters, 0.03)
    assert any("margin 0.03" in one.label for one in evaluate().expander)
