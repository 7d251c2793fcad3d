"""Giving grades on the page Compare, and looking up what the workspace holds of them."""

from __future__ import annotations

import time

from playwright.sync_api import Locator, Page, expect

from rerank_core.store import datasets, judgments
from tests.e2e.conftest import App, cards, summary

POSTS = "**/rerank-lens/outbox"


def labels(app: App) -> dict[str, dict[str, int]]:
    with app.workspace.open() as db:
        return judgments.qrels(db, datasets.get_dataset(db, "demo").id)


def pressed(page: Page, docid: str, column: str = "first-stage") -> Locator:
    return page.locator(f".column[data-column='{column}'] .card[data-docid='{docid}'] .grade[aria-pressed='true']")


def other_grade(page: Page, place: int) -> tuple[str, int]:
    """The docid at a place of the first column, and a grade that it does not have."""
    card = cards(page, "first-stage").nth(place)
    docid = card.get_attribute("data-docid") or ""
    now = card.locator(".grade[aria-pressed='true']")
    return docid, 0 if now.count() and now.inner_text() == "3" else 3


def history(app: App, after: int = 0) -> list[tuple[str, str, int]]:
    """(qid, docid, grade) of each grade newer than the event `after`, in the order in which they were kept."""
    with app.workspace.open() as db:
        rows = judgments.history(db, datasets.get_dataset(db, "demo").id, after)
    return [(row["qid"], row["docid"], row["grade"]) for row in rows]


def newest(app: App) -> int:
    with app.workspace.open() as db:
        return judgments.last_event(db, datasets.get_dataset(db, "demo").id)


def arrived(app: App, given: list[tuple[str, str, int]], after: int) -> None:
    """Wait until as many grades came as were given; they are the same, each once and in order."""
    deadline = time.monotonic() + 40
    while len(history(app, after)) < len(given) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)  # time for one too many
    assert history(app, after) == given


def walk_and_grade(page: Page, count: int, qid: str = "q01") -> list[tuple[str, str, int]]:
    """Grade the first passages of the first column by keys, as fast as keys come; each gets a grade that it had not."""
    given = [(qid, *other_grade(page, place)) for place in range(count)]
    cards(page, "first-stage").first.focus()
    for _, _, grade in given:
        page.keyboard.press(str(grade))
        page.keyboard.press("j")
    return given


def give(page: Page, place: int) -> tuple[str, int]:
    docid, grade = other_grade(page, place)
    cards(page, "first-stage").nth(place).focus()
    page.keyboard.press(str(grade))
    expect(summary(page, pending=0)).to_be_attached()
    expect(pressed(page, docid)).to_have_text(str(grade))
    return docid, grade
