"""A team's own Postgres on the screen: three hits, a comparison, grades by key, a passage that changed."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Locator, Page, expect

from rerank_core.ranking.filling import fill
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.store import datasets, judgments
from tests.conftest import BIRDS
from tests.e2e.conftest import RANKED_MS, App, await_meaning, cards, columns, figure, summary
from tests.support.browser import choose

pytestmark = pytest.mark.browser
NAME = "our birds"


@pytest.fixture(scope="module")
def table(small: App, postgres) -> str:
    """Four passages with vectors in a table of the server; its address."""
    postgres.run("DROP TABLE IF EXISTS e2e_birds")
    with small.workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "to fill", "tests")
        datasets.add_docs(db, dataset_id, BIRDS)
        datasets.finish_dataset(db, dataset_id, {})
        row = datasets.get_dataset(db, "to fill")
    fill(
        small.workspace, row,
        EngineSource("postgres", postgres.address, "e2e_birds", Fields("id", "body", "title", (), "embedding")),
    )  # fmt: skip
    return postgres.address


def still(page: Page) -> None:
    """Wait until the page's script has ended, on a busy machine too: it asks a server, and loads a model once."""
    state = "[data-testid='stApp'][data-test-connection-state='CONNECTED'][data-test-script-state='notRunning']"
    expect(page.locator(state)).to_be_attached(timeout=RANKED_MS)


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("RERANK_LENS_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def panel(page: Page) -> Locator:
    return page.get_by_role("tabpanel", name="Connect a search engine")


def open_tab(page: Page, app: App) -> None:
    page.goto(f"{app.url}/Data")
    still(page)
    page.get_by_role("tab", name="Connect a search engine").click()


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_nothing_is_saved_before_three_hits_were_seen(page, small, table):
    open_tab(page, small)
    box = page.get_by_label("Address, without a key")
    box.fill("postgresql://postgres@127.0.0.1:1/postgres")
    box.press("Tab")
    click(page, "See what is there")
    expect(panel(page).get_by_text("nothing listens there")).to_be_visible(timeout=RANKED_MS)
    picture(page, "refused")
    box.fill(table)
    box.press("Tab")
    still(page)
    click(page, "See what is there")
    expect(page.get_by_role("combobox", name="Index, collection or table")).to_be_visible(timeout=RANKED_MS)
    choose(page, "Index, collection or table", "e2e_birds")
    click(page, "See its fields")
    question = page.get_by_label("A question to try")
    expect(question).to_be_visible(timeout=RANKED_MS)
    question.fill("who eats fish")
    question.press("Tab")
    still(page)
    click(page, "Show three hits")
    expect(panel(page).locator("ol").first).to_be_visible(timeout=RANKED_MS)
    for template in ("hybrid", "words", "exact", "hnsw"):
        expect(panel(page).get_by_text(template, exact=True).first).to_be_visible(timeout=RANKED_MS)
    assert "Puffins carry" in panel(page).inner_text() or "Puffins nest" in panel(page).inner_text()
    expect(page.get_by_label("A question to try")).to_have_value("who eats fish")
    picture(page, "hits")
    with small.workspace.open() as db:
        assert NAME not in [row.name for row in datasets.list_datasets(db)]
    page.get_by_label("Name of the dataset").last.fill(NAME)
    page.get_by_label("Queries, one per line").fill("who eats fish\nhovering hunter")
    page.get_by_label("Queries, one per line").press("Control+Enter")
    still(page)
    click(page, "Connect")
    expect(page.get_by_text(f"{NAME} is connected")).to_be_visible(timeout=RANKED_MS)
    with small.workspace.open() as db:
        row = datasets.get_dataset(db, NAME)
    assert (row.n_docs, row.n_queries) == (0, 2)
    picture(page, "connected")


def test_its_hybrid_is_compared_with_a_reranker_and_graded_by_key(page, small):
    open_tab(page, small)
    page.goto(f"{small.url}/Compare?ds={NAME}&q=q1&sys=first-stage&sys=minilm-maxsim&judge=eva")
    still(page)
    expect(columns(page).nth(1)).to_be_visible(timeout=RANKED_MS)
    await_meaning(page)
    expect(cards(page, "first-stage")).to_have_count(4, timeout=RANKED_MS)
    expect(cards(page, "minilm-maxsim")).to_have_count(4, timeout=RANKED_MS)
    first = cards(page, "first-stage").first
    last = cards(page, "first-stage").last
    last.focus()
    page.keyboard.press("3")
    expect(summary(page, pending=0)).to_be_attached(timeout=RANKED_MS)
    first.focus()
    page.keyboard.press("0")
    expect(summary(page, pending=0)).to_be_attached(timeout=RANKED_MS)
    # one relevant passage at the fourth place: 1 / log2(5) = 0.4307 of the ideal
    expect(figure(page, "first-stage")).to_contain_text("0.43", timeout=RANKED_MS)
    picture(page, "graded")
    first.focus()
    page.keyboard.press("3")
    expect(summary(page, pending=0)).to_be_attached(timeout=RANKED_MS)
    # both: (1 + 0.4307) / (1 + 1 / log2(3)) = 0.8772
    expect(figure(page, "first-stage")).to_contain_text("0.87", timeout=RANKED_MS)
    with small.workspace.open() as db:
        row = datasets.get_dataset(db, NAME)
        assert len(judgments.qrels(db, row.id)["q1"]) == 2
        assert row.n_docs == 4


def test_a_refresh_after_a_change_shows_the_stale_grade(page, small, postgres):
    with small.workspace.open() as db:
        row = datasets.get_dataset(db, NAME)
        docid = next(iter(judgments.qrels(db, row.id)["q1"]))
    postgres.run(f"UPDATE e2e_birds SET body = body || ' They eat fish.' WHERE id = '{docid}'")
    open_tab(page, small)
    click(page, "Refresh")
    expect(page.get_by_text("1 with another text").first).to_be_visible(timeout=RANKED_MS)
    expect(page.get_by_text("Grades that are stale now: 1").first).to_be_visible(timeout=RANKED_MS)
    picture(page, "refreshed")
    page.goto(f"{small.url}/Compare?ds={NAME}&q=q1&sys=first-stage&sys=minilm-maxsim&judge=eva")
    still(page)
    expect(columns(page).nth(1)).to_be_visible(timeout=RANKED_MS)
    card = page.locator(f".column[data-column='first-stage'] .card[data-docid='{docid}']")
    expect(card).to_contain_text("text changed since", timeout=RANKED_MS)
    expect(card).to_contain_text("They eat fish.")
    picture(page, "stale")
