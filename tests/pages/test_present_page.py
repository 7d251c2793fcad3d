"""Present under Streamlit's own driver: no measures' names, what moved, and a vote that is blind."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.types import Doc
from tests.pages.conftest import ROOT, VIEW, texts

TWO = {"sys": ["First stage as it is", "MiniLM bi-encoder (cosine)"]}
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
    assert 'href="Compare"' in html(app)
    assert 'href="Label"' in html(app)


def test_a_story_shows_both_lists_and_one_sentence(graded):
    app = present()
    assert not app.exception, app.exception[0].message
    assert "(graded “Answers it”) falls from place 1 to place 3" in html(app)
    assert "Before: First stage as it is" in html(app)
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


def test_a_vote_names_no_system_and_is_kept(workspace, graded):
    app = present(present="Blind vote")
    assert not app.exception, app.exception[0].message
    ballot = next(one.proto.body for one in app.get("html") if "Which list" in one.proto.body)
    assert "MiniLM" not in ballot
    assert "First stage" not in ballot
    next(button for button in app.button if button.label == "Left is better").click()
    app.run()
    with workspace.open() as db:
        assert db["vote"].count == 1
    assert "you have voted on all 1 queries" in texts(app.success)
    assert "1 votes on 1 of 1 queries" in texts(app.markdown)
