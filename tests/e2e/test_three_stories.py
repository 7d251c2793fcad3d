"""Three people on the demo: the expert grades, the engineer finds what got worse, the presenter shows.

With RERANK_LENS_SCREENSHOTS=folder the pictures are kept there (`make screenshots` renews those of the README).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rerank_core.rerankers.composites.spec import Blend, Member
from rerank_core.store import datasets, judgments
from rerank_core.systems import add_composite
from tests.browser import settled
from tests.e2e.conftest import RANKED_MS, App

pytestmark = pytest.mark.browser
FIRST, COSINE, MAXSIM = "First stage as it is", "MiniLM bi-encoder (cosine)", "MiniLM late interaction (MaxSim)"


@pytest.fixture
def shot(tmp_path: Path, page: Page):
    folder = Path(os.environ.get("RERANK_LENS_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        settled(page)
        page.wait_for_function("document.fonts.status === 'loaded'")
        page.screenshot(path=folder / f"{name}.png")

    return take


@pytest.fixture(scope="module", autouse=True)
def all_ranked(demo: App, page: Page) -> None:
    """The whole demo is ranked: Evaluate has it done, and says over how many queries its two verdicts are."""
    page.goto(f"{demo.url}/Evaluate?ds=demo")
    settled(page)
    # the copy was made in the middle of the first ranking
    page.get_by_role("button", name="Rank all queries").click()
    expect(page.locator("h4").filter(has_text="52 queries")).to_have_count(2, timeout=2 * RANKED_MS)
    settled(page)


def test_the_expert_grades_thirty_passages_by_keyboard(page: Page, demo: App, shot) -> None:
    page.goto(f"{demo.url}/Label?judge=erin")
    settled(page)
    expect(page.locator(".label.started")).to_be_attached()
    for number in range(30):
        if number == 12:
            shot("label")
        page.keyboard.press(str(number % 4))
    expect(page.locator(".progress[data-done='30']")).to_be_attached()
    expect(page.locator(".last[data-pending='0']")).to_be_attached()
    with demo.workspace.open() as db:
        dataset = datasets.get_dataset(db, "demo")
        own = [row for row in judgments.history(db, dataset.id) if row["judge"] == "erin"]
    assert [row["grade"] for row in own] == [number % 4 for number in range(30)]
    assert len({(row["qid"], row["docid"]) for row in own}) == 30
    # she comes back later, and stands where she stopped
    page.goto(f"{demo.url}/Label?judge=erin")
    settled(page)
    expect(page.locator(".progress[data-done='30']")).to_be_attached()


def test_the_engineer_finds_the_biggest_loss_and_sees_the_verdict_on_a_cascade(page: Page, demo: App, shot) -> None:
    with demo.workspace.open():
        add_composite(demo.workspace, "half and half", Blend((Member("first-stage"), Member("minilm-maxsim"))))
    page.goto(f"{demo.url}/Rerankers")
    settled(page)
    name = page.get_by_placeholder("fast-then-good")
    name.fill("cheap then careful")
    name.press("Tab")
    settled(page)
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_text("'cheap then careful' is saved")).to_be_visible()
    systems = "".join(f"&sys={name}" for name in (FIRST, COSINE, MAXSIM, "half and half", "cheap then careful"))
    page.goto(f"{demo.url}/Evaluate?ds=demo{systems}".replace(" ", "+"))
    settled(page, RANKED_MS)
    rows = page.locator("h4")
    # four systems against the baseline: a sentence each, once all of them have ranked everything
    expect(rows.filter(has_text="52 queries")).to_have_count(4, timeout=RANKED_MS)
    settled(page)
    assert any(COSINE in text and "worse than" in text for text in rows.all_inner_texts())
    shot("evaluate")
    losses = page.locator("[data-testid='stColumn']").filter(has_text="Biggest losses").last
    link = losses.locator("a[href*='Compare']").first
    wanted = link.inner_text().strip(" →")
    with page.context.expect_page() if link.get_attribute("target") == "_blank" else page.expect_navigation():
        link.click()
    settled(page)
    expect(page.locator(".summary .query")).to_contain_text(wanted.rstrip("…")[:40], timeout=RANKED_MS)
    expect(page.locator(".heads .head:not([data-column='ideal'])")).to_have_count(5)
    shot("compare")


def test_the_presenter_tells_a_story_and_takes_the_report_along(page: Page, demo: App, shot, tmp_path: Path) -> None:
    page.goto(f"{demo.url}/Present?ds=demo")
    settled(page)
    expect(page.locator(".story .query")).to_be_visible()
    first = page.locator(".story .query").inner_text()
    expect(page.get_by_text("Story 1 of")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Story 2 of")).to_be_visible()
    assert page.locator(".story .query").inner_text() != first
    shot("present")
    page.goto(f"{demo.url}/Evaluate?ds=demo&part=Report")
    settled(page)
    said = page.locator("h4").first.inner_text().split(" ", 1)[1]
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report as HTML").click()
    file = tmp_path / "report.html"
    waiting.value.save_as(file)
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_offline(True)
    opened = context.new_page()
    opened.goto(file.as_uri())
    expect(opened.locator(".verdicts li").first).to_contain_text(said)
    folder = Path(os.environ.get("RERANK_LENS_SCREENSHOTS") or tmp_path)
    opened.screenshot(path=folder / "report.png")
    context.close()
