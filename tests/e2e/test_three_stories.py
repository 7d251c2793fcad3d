"""Three people on the demo: the expert grades, the engineer finds what got worse, the presenter shows.

With RERANK_LENS_SCREENSHOTS=folder the pictures are kept there: `make screenshots` renews those of the README.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from rerank_core.store import datasets, judgments
from rerank_core.systems.systems import get_system
from tests.e2e.conftest import FIVE, RANKED_MS, RANKED_QUERIES, App, cards, columns
from tests.support.browser import downloaded, settled

pytestmark = pytest.mark.browser
MINE = "cheap then careful"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("RERANK_LENS_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def shot(page: Page, pictures: Path) -> Callable[[str], None]:
    def take(name: str) -> None:
        settled(page)
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.screenshot(path=pictures / f"{name}.png")

    return take


def link(app: App, name: str, *systems: str, **more: str) -> str:
    labels = [get_system(app.workspace, one).label if one in FIVE else one for one in systems]
    return f"{app.url}/{name}?{urlencode({'ds': 'demo', 'depth': '20', 'sys': labels, **more}, doseq=True)}"


def test_the_expert_grades_thirty_passages_by_keyboard(page: Page, ranked: App, shot: Callable[[str], None]) -> None:
    with ranked.workspace.open() as db:
        dataset = datasets.get_dataset(db, "demo")
        known = judgments.qrels(db, dataset.id)
    page.goto(link(ranked, "Label", *FIVE, judge="erin"))
    settled(page)
    expect(page.locator(".label.started")).to_be_attached()
    given = []
    for number in range(30):
        if number == 12:
            shot("label")
        qid, docid = json.loads(page.locator(".label").get_attribute("data-at") or "")
        given.append((qid, docid, known.get(qid, {}).get(docid, 0)))
        page.keyboard.press(str(given[-1][2]))
    expect(page.locator(".progress[data-done='30']")).to_be_attached()
    expect(page.locator(".last[data-pending='0']")).to_be_attached()
    with ranked.workspace.open() as db:
        own = [row for row in judgments.history(db, dataset.id) if row["judge"] == "erin"]
    assert [(row["qid"], row["docid"], row["grade"]) for row in own] == given
    assert len({pair[:2] for pair in given}) == 30
    # she comes back later, and stands where she stopped
    page.goto(link(ranked, "Label", *FIVE, judge="erin"))
    settled(page)
    expect(page.locator(".progress[data-done='30']")).to_be_attached()


def test_the_engineer_opens_the_biggest_loss_builds_a_cascade_and_sees_its_verdict(
    page: Page, ranked: App, shot: Callable[[str], None]
) -> None:
    page.goto(link(ranked, "Evaluate", *FIVE, part="Queries"))
    settled(page)
    expect(page.locator("h5").filter(has_text="Your search as it is (no reranker)")).to_have_count(4)
    proofs = page.get_by_test_id("stCaptionContainer").filter(has_text=f"{RANKED_QUERIES} queries")
    expect(proofs.filter(has_text="won")).to_have_count(4)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=RANKED_MS)
    shot("evaluate")
    losses = page.locator("[data-testid='stColumn']").filter(has_text="Biggest losses").last
    card = losses.locator("a[href^='Compare?']").first
    wanted = card.inner_text().strip(" →…")[:40]
    card.click()
    expect(columns(page).first).to_be_visible(timeout=RANKED_MS)
    expect(page.locator(".summary .query")).to_contain_text(wanted)
    for one in FIVE:
        expect(cards(page, one)).to_have_count(20)
    shot("compare")

    page.goto(f"{ranked.url}/Rerankers")
    settled(page)
    page.get_by_role("tab", name="Build a system").click()
    name = page.get_by_placeholder("fast-then-good")
    name.fill(MINE)
    name.press("Tab")
    settled(page)
    page.get_by_role("button", name="Save").locator("visible=true").click()
    expect(page.get_by_text(f"'{MINE}' is saved")).to_be_visible()

    page.goto(link(ranked, "Evaluate", "first-stage", MINE))
    settled(page)
    # a small dataset is ranked unasked
    expect(page.locator("h4").filter(has_text="Your search as it is (no reranker)")).to_contain_text(
        MINE, timeout=RANKED_MS
    )


def test_the_presenter_tells_a_story_and_takes_the_report_along(
    page: Page, ranked: App, shot: Callable[[str], None], pictures: Path, tmp_path: Path
) -> None:
    two = ("first-stage", "minilm-maxsim")
    page.goto(link(ranked, "Present", *two))
    settled(page)
    expect(page.get_by_text("Story 1 of")).to_be_visible()
    first = page.locator(".story .query").inner_text()
    shot("present")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Story 2 of")).to_be_visible()
    assert page.locator(".story .query").inner_text() != first

    page.goto(link(ranked, "Evaluate", *two, part="Report"))
    settled(page)
    # the interval and the counts that stand below the page's sentence
    proof = page.get_by_test_id("stCaptionContainer").filter(has_text="won").first.inner_text()
    said = proof.split(", ", 1)[1].split(";")[0].rstrip(".")
    file = tmp_path / "report.html"
    downloaded(page, "Report as HTML").save_as(file)
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        context.set_offline(True)
        opened = context.new_page()
        opened.goto(file.as_uri())
        expect(opened.locator(".verdicts li").first).to_contain_text(said)
        opened.screenshot(path=pictures / "report.png")
    finally:
        context.close()
