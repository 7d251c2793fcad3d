"""The workspace's file is moved or replaced under a running server: no grade is called saved that is not there."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rerank_core.store import datasets, judgments
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Query
from tests.e2e.conftest import App, cards, open_compare, running, summary
from tests.support.browser import settled

pytestmark = pytest.mark.browser
LINK = "?ds=birds&sys=first-stage&ret=BM25+%28words%29"
AWAY = re.compile("not saved yet: 2 grades.*The workspace file is not where it was.*grades stay in the browser's tab")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[App]:
    """A server on four passages, whose file no other test needs."""
    workspace = Workspace(tmp_path / "live" / "workspace.db")
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        texts = ["Terns dive for fish.", "Herons hunt fish.", "Otters eat fish.", "Puffins carry fish."]
        datasets.add_docs(db, dataset_id, [Doc(f"d{number}", text) for number, text in enumerate(texts)])
        datasets.add_queries(db, dataset_id, [Query("q1", "who eats fish")])
        datasets.finish_dataset(db, dataset_id, {})
    with running(App(workspace)) as app:
        yield app


def move(source: Path, target: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        if (part := Path(f"{source}{ending}")).exists():
            part.rename(f"{target}{ending}")


def grade(page: Page, place: int, key: str) -> None:
    cards(page, "first-stage").nth(place).focus()
    page.keyboard.press(key)


def rows(app: App) -> list[int]:
    with app.workspace.open() as db:
        return [row["grade"] for row in judgments.history(db, datasets.get_dataset(db, "birds").id)]


def test_what_is_graded_while_the_file_is_away_waits_in_the_tab_and_is_saved_when_it_is_back(page, own, tmp_path):
    path, away = own.workspace.path, tmp_path / "away.db"
    open_compare(page, own, LINK)
    grade(page, 0, "1")
    expect(summary(page, pending=0)).to_be_attached()
    move(path, away)
    grade(page, 1, "2")
    grade(page, 2, "3")
    expect(page.locator(".summary .saving")).to_have_text(AWAY)
    page.wait_for_timeout(6000)  # longer than any try again
    expect(summary(page, pending=2)).to_be_attached()
    expect(page.locator(".summary .saving")).to_have_text(AWAY)
    assert not path.exists()
    move(away, path)
    expect(summary(page, pending=0)).to_be_attached()
    expect(page.locator(".summary .saving")).to_have_text("")
    assert rows(own) == [1, 2, 3]


def test_a_page_that_is_loaded_meanwhile_comes_back_with_the_file_and_saves_what_waited(page, own, tmp_path):
    path, away = own.workspace.path, tmp_path / "away.db"
    open_compare(page, own, LINK)
    move(path, away)
    grade(page, 0, "2")
    expect(summary(page, pending=1)).to_be_attached()
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    settled(page)
    expect(page.get_by_text("The workspace file is not where it was")).to_be_visible()
    assert not path.exists()
    move(away, path)
    expect(summary(page, pending=0)).to_be_attached(timeout=30_000)
    assert rows(own) == [2]


def test_another_workspace_in_its_place_takes_no_grade_until_the_app_was_started_again(page, own, tmp_path):
    path, away = own.workspace.path, tmp_path / "away.db"
    open_compare(page, own, LINK)
    move(path, away)
    shutil.copyfile(away, path)  # a copy of the same workspace
    grade(page, 0, "3")
    expect(page.locator(".summary .saving")).to_have_text(re.compile("another file lies at.*start it again"))
    expect(summary(page, pending=1)).to_be_attached()
    own.stop()
    own.start()
    expect(summary(page, pending=0)).to_be_attached(timeout=60_000)
    with closing(sqlite3.connect(path)) as db:  # this process, too, keeps to the file that it opened first
        assert db.execute("SELECT grade FROM judgment").fetchall() == [(3,)]
