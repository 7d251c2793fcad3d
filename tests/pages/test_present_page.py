"""Present under Streamlit's own driver: no measures' names, what moved, and a vote that is blind."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.present.results import result
from rerank_core.evaluation.preference import tally
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.types import Doc
from tests.pages.conftest import ROOT, VIEW, texts

TWO = {"sys": ["Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"]}
JARGON = ("nDCG", "RR@", "qrels", "logit", "cosine similarity", "p-value", "recall")


def present(**query: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/9_Present.py")
    for key, value in {**VIEW, **TWO, **query}.items():
        app.query_params[key] = value
    return app.run()


def html(app: AppTest) -> str:
    return "\n".join(one.proto.body for one in app.get("html"))


def main_text(app: AppTest) -> str:
    main = app.main
    return "\n".join([texts(main.markdown), texts(main.caption), texts(main.info), html(app)])


@pytest.fixture
def graded(workspace, ranked):
    with workspace.write() as db:
        events = [GradeEvent("c", 1, "grade", "q1", ranked.found[0], 3)]
        judgments.record(db, ranked.dataset.id, "ann", events, ranked.dataset.scale)
    return ranked


def test_with_nothing_to_tell_it_says_the_next_step(birds):
    app = present()
    assert not app.exception
    assert "nothing to show yet" in texts(app.info)
    assert [link.proto.page for link in app.main.get("page_link")] == ["Compare", "Label"]


def test_a_story_shows_both_lists_and_one_sentence(graded):
    app = present()
    assert not app.exception, app.exception[0].message
    assert "(graded “Answers it”) falls from place 1 to place 3" in html(app)
    assert "Your search as it is</h3>" in html(app)
    assert "▼ from 1" in html(app)
    assert "→ now 3" in html(app)
    assert "Story 1 of 1" in texts(app.caption)


def test_it_uses_no_measure_and_no_jargon(graded):
    said = main_text(present()) + main_text(present(present="Blind vote"))
    assert [word for word in JARGON if word.lower() in said.lower()] == []


def test_text_of_users_is_shown_as_text(workspace, graded):
    with workspace.write() as db:
        db.execute("UPDATE doc SET title = '<script>alert(1)</script>' WHERE docid = ?", [graded.found[0]])
        db.execute("UPDATE query SET text = text || '' WHERE qid = 'q1'")
        assert isinstance(datasets.get_docs(db, graded.dataset.id, [graded.found[0]])[graded.found[0]], Doc)
    shown = html(present())
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_a_vote_names_no_system_is_counted_and_can_be_taken_back(workspace, graded):
    app = present(present="Blind vote", judge="Kim")
    assert not app.exception, app.exception[0].message
    ballot = next(one.proto.body for one in app.get("html") if "Which list" in one.proto.body)
    assert "MiniLM" not in ballot
    assert "First stage" not in ballot
    assert "Vote 1 of 1" in progress(app)
    press(app, "A is better")
    with workspace.open() as db:
        assert db["vote"].count == 1
    assert "you have voted on all 1 queries" in texts(app.success)
    assert "Counted: vote 1." in html(app)
    assert "wins" not in main_text(app)
    press(app, "Undo")
    assert "Taken back" in html(app)
    assert "Vote 1 of 1" in progress(app)


def progress(app: AppTest) -> str:
    return " ".join(one.proto.text for one in app.get("progress"))


def test_nobody_votes_without_a_name(workspace, graded):
    app = present(present="Blind vote")
    assert "Which list" not in html(app)
    app.text_input(key="new_judge").set_value(" KIM ")
    press(app, "Start")
    press(app, "B is better")
    with workspace.open() as db:
        assert [row["voter"] for row in db["vote"].rows] == ["KIM"]
    app = present(present="Blind vote", judge="kim")
    assert "you have voted on all 1 queries" in texts(app.success)


def test_the_result_is_on_its_own_screen_and_behind_a_switch(workspace, graded):
    press(present(present="Blind vote", judge="Kim"), "A is better")
    app = present(present="Results")
    assert not app.exception, app.exception[0].message
    assert "1 vote" in html(app)
    assert "1 person has voted, on 1 of 1 queries." in html(app)
    assert "wins" not in html(app)
    app.toggle(key="tally").set_value(True).run()
    assert "” wins 1 query" in html(app)
    assert "“Your search as it is”" in html(app)


def test_names_for_an_audience_are_kept_and_shown_everywhere(workspace, graded):
    app = present()
    before, after = (field for field in app.text_input if field.key.startswith("shown_name"))
    before.set_value("Today").run()
    after.set_value(" **New** ").run()
    shown_html = html(present())
    assert ">Today</h3>" in shown_html
    assert ">**New**</h3>" in shown_html
    assert "“**New**” answers" in shown_html
    assert "MiniLM" not in shown_html
    app = present()
    next(field for field in app.text_input if field.key.startswith("shown_name")).set_value(" ").run()
    assert ">Your search as it is</h3>" in html(present())


@pytest.mark.parametrize(("answers", "head", "winner"), [
    (("one",) * 3, "“A” wins 3 queries, “B” wins 0 queries", "“A” wins 100 %"),
    (("other", "other", "one", "same"), "“B” wins 2 queries, “A” wins 1 query, 1 query even", "“B” wins 67 %"),
    (("same",), "“B” wins 0 queries, “A” wins 0 queries, 1 query even", "No query was won yet."),
])  # fmt: skip
def test_a_result_begins_with_who_wins(answers, head, winner):
    votes = tally((f"q{number}", answer) for number, answer in enumerate(answers))
    headline, sentence = result(votes, "A", "B")
    assert headline == head
    assert sentence.startswith(winner)
