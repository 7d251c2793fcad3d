"""Every button of every page, where the workspace's file takes nothing: one plain sentence, and the page stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database
from streamlit.testing.v1 import AppTest

from pages.ui import failures
from rerank_core.errors import WorkspaceError
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from tests.pages.conftest import VIEW, app_at, shown, texts
from tests.support.full_workspace import SYSTEMS, make_full

FULL = "The file could not be written: the disk is full."
PAGES = {
    "Home": {},
    "Compare": {"q": "q1"},
    "Evaluate": {"part": "Candidate depth"},
    "Data": {},
    "Rerankers": {},
    "Inspect": {"q": "q1"},
    "Label": {"judge": "Ann", "setup": "true"},
    "Agreement": {"judge": "cy", "settled": "true"},
    "LLM_grades": {},
    "Present": {"present": "Blind vote"},
}
WRITING = ("Compare", "Rerankers", "Label", "Agreement")
"""Pages on which a button writes, in the workspace of the test."""
STAY = {"Sign in", "Sign out"}


@pytest.fixture(scope="module")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_full(tmp_path_factory.mktemp("full")).path


@pytest.fixture
def attempts(workspace: Workspace, full_file: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The workspace of the test is a full one whose disk has no room left; each attempt to write is noted."""
    shutil.copyfile(full_file, workspace.path)
    noted: list[str] = []

    @contextmanager
    def write(self: Workspace) -> Iterator[Database]:
        noted.append("write")
        raise WorkspaceError(FULL)
        yield

    monkeypatch.setattr(Workspace, "write", write)
    monkeypatch.setattr("pages.ui.cache.keep_worker", lambda: None)
    return noted


def buttons(app: AppTest) -> list[str]:
    return [f"{one.key}|{one.label}" for one in app.button if not one.disabled and one.label not in STAY]


def press(app: AppTest, name: str) -> AppTest:
    return next(one for one in app.button if f"{one.key}|{one.label}" == name).click().run()


@pytest.mark.parametrize("page", PAGES)
def test_a_button_that_cannot_write_says_so_and_the_page_stays(page, workspace, attempts):
    links = [get_system(workspace, one).label for one in SYSTEMS]
    app = app_at(page, **VIEW, sys=links, **PAGES[page])
    assert not app.exception, app.exception[0].message
    drawn, wrote = len(app.main), set()
    for name in buttons(app):
        if name not in buttons(app):
            continue  # another part of the page is shown by now
        attempts.clear()
        press(app, name)
        assert not app.exception, (name, app.exception[0].message)
        if attempts:
            wrote.add(name)
            assert texts(app.error).count(FULL) == 1, name
            assert len(app.main) >= drawn, f"{name}: the page is not drawn any more"
    if page in WRITING:
        assert wrote, "nothing on this page tried to write"


def test_a_typed_query_that_cannot_be_kept_is_said(workspace, attempts):
    app = app_at("Compare", **VIEW, q="q1")
    attempts.clear()
    app.text_input(key="typed_query").set_value("who swims").run()
    assert attempts
    assert not app.exception
    assert texts(app.error).count(FULL) == 1
    assert app.text_input(key="typed_query").value == "who swims", "what was typed is not lost"


@pytest.mark.parametrize(
    ("voter", "button", "said"),
    [
        ("kim", "A is better", "Not counted."),
        ("kim", "No difference", "Not counted."),
        ("vi", "Undo", "Not taken back."),
    ],
)
def test_a_vote_that_cannot_be_kept_is_not_counted(voter, button, said, workspace, attempts):
    """The vote says it beside its buttons, where the voter looks; the question stays, and the votes are as before."""
    links = [get_system(workspace, one).label for one in SYSTEMS[:2]]
    app = app_at("Present", **VIEW, sys=links, present="Blind vote", judge=voter)
    assert not app.exception, app.exception[0].message
    asked, kept = _asked(app), _votes(workspace)
    assert kept
    attempts.clear()
    next(one for one in app.button if one.label == button).click().run()
    assert attempts
    assert not app.exception, app.exception[0].message
    status = [one.proto.body for one in app.get("html") if 'role="status"' in one.proto.body]
    assert len(status) == 1
    assert f"{said} {FULL}" in status[0]
    assert "✓" not in status[0]
    assert _asked(app) == asked
    assert _votes(workspace) == kept


def _asked(app: AppTest) -> list[str]:
    """The question and how far the voter is."""
    questions = [one.proto.body for one in app.get("html") if "Which list" in one.proto.body]
    return [*questions, *(one.proto.text for one in app.get("progress"))]


def _votes(workspace: Workspace) -> list[tuple[object, ...]]:
    with workspace.open() as db:
        return db.execute("SELECT * FROM vote").fetchall()


def test_what_nobody_caught_is_a_sentence_too(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(failures.st, "error", lambda text: said.append(shown(text)))
    assert failures.in_words(WorkspaceError(FULL))
    assert failures.in_words(OSError(28, "No space left on device"))
    assert failures.in_words(KeyError("secret key"))
    refused = "The server's disk or files do not allow this: No space left on device. Nothing of it was kept."
    assert said == [FULL, refused, failures.OURS]
    assert "secret" not in "".join(said)
