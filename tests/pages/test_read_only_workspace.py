"""A workspace that can only be read: its pages open, say so, and what is there can be looked at and taken away."""

from __future__ import annotations

import pytest

from rerank_core.store import judgments
from rerank_core.store import workspace as stored
from rerank_core.store.judgments import GradeEvent
from tests.pages.conftest import CLIENT, VIEW, compare, grade_event, open_page, texts

PAGES = ("Home", "Compare", "Evaluate", "Data", "Rerankers", "Inspect", "LLM_grades", "Present")


@pytest.fixture
def shelf(workspace, ranked, monkeypatch):
    """As on a disk that is only read. The tests' own user may write everywhere, so the answer is put in."""
    with workspace.write() as db:
        graded = [GradeEvent(CLIENT, 1, "grade", "q1", ranked.found[0], 3)]
        judgments.record(db, ranked.dataset.id, "ann", graded, ranked.dataset.scale)
    monkeypatch.setattr(stored, "why_only_read", lambda path: "its disk is only read")
    return workspace


@pytest.mark.parametrize("name", PAGES)
def test_each_page_opens_and_says_so(shelf, name):
    before = shelf.path.read_bytes()
    app = open_page(name, **VIEW)
    assert not app.exception, app.exception[0].message
    assert "can only be read: its disk is only read" in texts(app.info)
    assert shelf.path.read_bytes() == before
    assert not list(shelf.path.parent.glob("workspace.db-*"))


def test_a_grade_is_not_acknowledged_and_the_page_says_why(shelf, ranked):
    app = compare()
    app.session_state["board"] = {"outbox": [grade_event(2, ranked.found[0], 0)]}
    app.run()
    assert not app.exception
    assert "can only be read" in texts(app.error)
    with shelf.open() as db:
        assert len(judgments.history(db, ranked.dataset.id)) == 1
