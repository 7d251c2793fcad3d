"""Agreement under Streamlit's own driver: nothing yet, judges who differ, changed passages, the history, an error."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.judging.disputes import cases
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.store import judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import ROOT, WORDS_ONLY, RankedBirds, texts

Say = Callable[..., None]


def agreement(**query: Any) -> AppTest:
    # by way of the first page, so that links to other pages are known
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/7_Agreement.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return "\n".join(texts(one) for one in (app.markdown, app.caption, app.info, app.success, app.warning, app.error))


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


@pytest.fixture
def say(workspace: Workspace, birds: DatasetRow) -> Say:
    counter = itertools.count(1)

    def record(judge: str, docid: str, grade: int | None, kind: str = "grade", note: str = "") -> None:
        event = GradeEvent(judge, next(counter), kind, "q1", docid, grade, note)
        with workspace.write() as db:
            judgments.record(db, birds.id, judge, [event], birds.scale)

    return record


@pytest.fixture
def differing(birds: DatasetRow, say: Say) -> DatasetRow:
    """Ann and Bob agree on one of three passages."""
    for docid, one, other in (("d1", 3, 0), ("d2", 1, 1), ("d3", 2, 1)):
        say("ann", docid, one)
        say("bob", docid, other, note="*not* a bird" if docid == "d1" else "")
    return birds


def test_without_grades_the_page_says_what_is_needed(birds: DatasetRow) -> None:
    told = said(agreement())
    assert "Agreement needs at least two people" in told
    assert "No passage has grades by two judges yet" in told
    for part, expected in {
        "Changed passages": "Every grade belongs to the current text",
        "Judges": "This dataset has no grades yet",
        "History": "This dataset has no grades yet",
    }.items():
        assert expected in said(agreement(agree=part)), part


def test_two_judges_of_one_mind_are_told_so(say: Say) -> None:
    say("ann", "d1", 2)
    assert "No two judges disagree" not in said(agreement())
    say("bob", "d1", 2)
    assert "No two judges disagree" in said(agreement())


def test_the_figures_are_said_in_words_and_the_rule_with_them(differing: DatasetRow) -> None:
    told = said(agreement())
    assert "3 passages were graded by both judges; 1 of them (33 %) got the same grade" in told
    assert "Krippendorff's alpha" in told
    assert "An adjudicated grade counts" in told
    assert "2 passages to settle · no passage changed since it was graded" in told


def test_the_widest_disagreement_comes_first_with_each_judges_grade_and_note(differing: DatasetRow) -> None:
    app = agreement(judge="lead")
    told = said(app)
    assert "who eats fish" in told
    assert "Terns dive for small fish" in told
    frame = app.dataframe[0].value
    assert list(frame["Judge"]) == ["ann", "bob"]
    assert list(frame["Grade"]) == ["3 Answers it", "0 Not relevant"]
    assert list(frame["Note"]) == ["", "*not* a bird"]


def test_a_click_settles_a_passage_and_the_next_one_comes(workspace: Workspace, differing: DatasetRow) -> None:
    app = agreement()
    app.sidebar.text_input[0].set_value("lead").run()
    app.main.text_input[0].set_value("see the guideline")
    app = button(app, "2 Useful").click().run()
    assert "1 passage to settle" in said(app)
    assert "Otters eat fish" in said(app)
    assert app.main.text_input[0].value == ""
    settled = cases(workspace, differing)[0].settled
    assert settled is not None
    assert (settled.judge, settled.grade, settled.note) == ("lead", 2, "see the guideline")
    app = button(app, "Undo").click().run()
    assert "2 passages to settle" in said(app)


def test_nothing_can_be_settled_without_a_name(differing: DatasetRow) -> None:
    app = agreement()
    assert button(app, "2 Useful").disabled
    assert "**Your name** in the sidebar" in said(app)


def test_what_is_settled_can_be_looked_at_again(workspace: Workspace, differing: DatasetRow) -> None:
    app = agreement()
    app.sidebar.text_input[0].set_value("lead").run()
    for _ in range(2):
        app = button(app, "1 Related").click().run()
    assert "All disagreements are settled" in said(app)
    app = app.toggle[0].set_value(True).run()
    assert "Settled as **1** by lead" in said(app)


def test_a_passage_that_goes_away_meanwhile_is_an_error_in_words(workspace: Workspace, differing: DatasetRow) -> None:
    app = agreement()
    app.sidebar.text_input[0].set_value("lead").run()
    with workspace.open() as db:
        db.execute("DELETE FROM doc WHERE docid = 'd1'")
    app = button(app, "2 Useful").click().run()
    assert "The passage 'd1' is gone" in texts(app.error)
    assert "is no longer in the dataset" in texts(app.warning)
    assert not app.run().error


def test_a_changed_passage_is_confirmed_with_one_click(workspace: Workspace, differing: DatasetRow) -> None:
    with workspace.open() as db:
        db.execute("UPDATE doc SET text = 'Kestrels.', text_hash = 'another' WHERE docid = 'd2'")
    app = agreement(agree="Changed passages")
    assert "Graded **1 Related** by bob" in said(app)
    assert "Kestrels." in said(app)
    app.sidebar.text_input[0].set_value("lead").run()
    app = button(app, "Still 1 Related").click().run()
    assert "Every grade belongs to the current text of its passage" in said(app)
    with workspace.open() as db:
        newest = judgments.history(db, differing.id)[-1]
    assert (newest["judge"], newest["grade"], newest["rule"]) == ("lead", 1, "stale")


def test_the_judges_and_every_two_of_them_have_a_table(differing: DatasetRow) -> None:
    app = agreement(agree="Judges")
    judges, twos = (one.value for one in app.dataframe)
    assert list(judges["Grades"]) == [3, 3]
    assert list(twos["In common"]) == [3]
    assert twos["Same grade"][0] == pytest.approx(1 / 3)


def test_the_history_can_be_filtered_and_taken_away(differing: DatasetRow, say: Say) -> None:
    say("ann", "d1", None, "undo")
    app = agreement(agree="History")
    assert len(app.dataframe[0].value) == 7
    newest = app.dataframe[0].value.iloc[0]
    assert (newest["Judge"], newest["What"]) == ("ann", "undo")
    app = app.multiselect(key="hist_by").set_value(["bob"]).run()
    assert set(app.dataframe[0].value["Judge"]) == {"bob"}
    app = app.text_input(key="hist_has").set_value("NOT* A").run()
    assert list(app.dataframe[0].value["Note"]) == ["*not* a bird"]
    assert "1 of 7 events" in said(app)
    assert len(app.get("download_button")) == 2


def test_other_judges_can_be_compared(differing: DatasetRow) -> None:
    assert "Agreement needs at least two people" in said(agreement(who=["ann"]))


def test_a_plan_that_cannot_be_read_is_an_error_in_words(workspace: Workspace, differing: DatasetRow) -> None:
    from rerank_core.store import label_plans

    with workspace.write() as db:
        label_plans.put_plan(db, differing.id, "{")
    assert "cannot be read" in texts(agreement().error)


def test_the_judges_table_says_how_passages_came_to_them(differing: DatasetRow, workspace: Workspace) -> None:
    with workspace.write() as db:
        event = GradeEvent("c", 1, "grade", "q1", "007", 1, rule="random")
        judgments.record(db, differing.id, "ann", [event], differing.scale)
    told = said(agreement(agree="Judges"))
    assert "6 chosen by the judge, or from a file · 1 drawn at random from the pool" in told.replace("**", "")


def test_the_verdict_so_far_needs_a_list_by_what_matters(differing: DatasetRow) -> None:
    assert "choose **What matters most**" in said(agreement(agree="Verdict so far"))


def test_the_verdict_so_far_says_how_much_is_missing(workspace: Workspace, ranked: RankedBirds, say: Say) -> None:
    compared = ("first-stage", "minilm-cosine")
    plan = LabelPlan(compared, WORDS_ONLY.to_json(), order="matters", compared=compared)
    save_plan(workspace, ranked.dataset, plan)
    say("ann", ranked.found[0], 3)
    told = said(agreement(agree="Verdict so far"))
    assert "1 of the first 20 grades are given" in told
    assert "0 grades were drawn at random so far" in told
    assert "what matters most for the verdict first (20 % drawn at random)" in told
