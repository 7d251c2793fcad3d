"""Settling disagreements by keyboard on the Agreement page."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from rerank_core.judging.disputes import cases
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from tests.e2e.conftest import App
from tests.support.browser import settled
from tests.support.label_lists import make_list

pytestmark = pytest.mark.browser
NUMBERS = itertools.count(1)


@pytest.fixture
def differing(small: App) -> DatasetRow:
    """A dataset of the test's own: Ann and Bob differ on three passages: by three grades, by two, by one."""
    dataset = make_list(small.workspace, f"differing-{next(NUMBERS)}", 1, 4)
    with small.workspace.write() as db:
        for docid, ann, bob in (("q0-d0", 3, 0), ("q0-d1", 2, 0), ("q0-d2", 1, 0)):
            for judge, grade in (("ann", ann), ("bob", bob)):
                event = GradeEvent(judge, next(NUMBERS), "grade", "q0", docid, grade)
                judgments.record(db, dataset.id, judge, [event], dataset.scale)
    return dataset


def verdicts(app: App, dataset: DatasetRow) -> dict[str, int | None]:
    """docid -> the grade that settled it."""
    with app.workspace.open() as db:
        dataset = datasets.get_dataset(db, dataset.name)
    return {case.docid: case.settled and case.settled.grade for case in cases(app.workspace, dataset)}


def open_as_lead(page: Page, app: App, dataset: DatasetRow) -> None:
    page.goto(f"{app.url}/Agreement?ds={dataset.name}")
    shown(page, "q0-d0")
    name = page.get_by_role("textbox", name="Your name")
    name.fill("lead")
    name.press("Enter")
    expect(page.get_by_role("button", name="2 Useful")).to_be_enabled()
    name.blur()


def shown(page: Page, docid: str) -> None:
    """Until the passage is on the screen, and all that belongs to it."""
    settled(page)
    expect(page.locator("[data-testid='stMain']").get_by_text(docid, exact=True)).to_be_visible()


def test_keys_settle_walk_and_take_back(page: Page, small: App, differing: DatasetRow) -> None:
    open_as_lead(page, small, differing)
    page.keyboard.press("2")
    shown(page, "q0-d1")
    assert verdicts(small, differing) == {"q0-d0": 2, "q0-d1": None, "q0-d2": None}
    page.keyboard.press("ArrowRight")
    shown(page, "q0-d2")
    page.keyboard.press("0")
    shown(page, "q0-d1")
    assert verdicts(small, differing) == {"q0-d0": 2, "q0-d1": None, "q0-d2": 0}
    page.keyboard.press("u")
    expect(page.get_by_text(re.compile("^2 passages to settle"))).to_be_visible()
    assert verdicts(small, differing) == {"q0-d0": 2, "q0-d1": None, "q0-d2": None}


def test_a_digit_in_the_reason_is_text_and_goes_with_the_grade(page: Page, small: App, differing: DatasetRow) -> None:
    open_as_lead(page, small, differing)
    reason = page.get_by_role("textbox", name="Reason")
    reason.fill("see rule 3")
    reason.press("Enter")
    settled(page)
    assert set(verdicts(small, differing).values()) == {None}
    reason.blur()
    page.keyboard.press("1")
    shown(page, "q0-d1")
    with small.workspace.open() as db:
        dataset = datasets.get_dataset(db, differing.name)
    kept = next(case.settled for case in cases(small.workspace, dataset) if case.docid == "q0-d0")
    assert (kept.judge, kept.grade, kept.note) == ("lead", 1, "see rule 3")
