"""A search engineer reads a log of production: the alert, a query of it, and its two logged lists side by side."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rerank_core.store import datasets
from rerank_core.store.traffic_requests import count_requests
from rerank_core.types import Doc, Query
from tests.e2e.conftest import RANKED_MS, App, cards, columns
from tests.support.browser import pick_first_row, settled
from tests.support.traffic import DRIFT, draw_requests, write_own_log

pytestmark = pytest.mark.browser
REQUESTS = int(os.environ.get("RERANK_LENS_LOGGED", "2000"))
"""By variable: 20000 for the size that the README speaks of."""
QUERIES, PLACES = 3, 20


@pytest.fixture(scope="module")
def things(small: App) -> App:
    """The passages of all lists of the log, in a dataset of their own."""
    with small.workspace.write() as db:
        dataset = datasets.begin_dataset(db, "things", "tests")
        docs = [
            Doc(f"d{query}-{place}", f"Thing {query}, told in the words of place {place}.")
            for query in range(QUERIES)
            for place in range(PLACES)
        ]
        datasets.add_docs(db, dataset, docs)
        datasets.add_queries(db, dataset, [Query("q1", "what is a thing")])
        datasets.finish_dataset(db, dataset, {})
    return small


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("RERANK_LENS_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_from_a_log_to_its_alert_and_to_two_lists_on_compare(page: Page, things: App, tmp_path: Path) -> None:
    drawn = draw_requests(REQUESTS, seed=1, fault=DRIFT, since=REQUESTS - 1_000, places=PLACES, queries=QUERIES)
    log = write_own_log(tmp_path / "requests.jsonl", drawn)
    page.goto(f"{things.url}/Traffic?ds=things")
    settled(page)
    expect(page.get_by_text("No log was read yet")).to_be_visible()
    page.locator("input[type=file]").set_input_files(log)
    expect(page.get_by_text("is read as")).to_be_visible(timeout=RANKED_MS)
    started = time.perf_counter()
    page.get_by_role("button", name="Read these logs").click()
    alert = page.get_by_test_id("stAlert").filter(has_text="scores moved")
    expect(alert).to_be_visible(timeout=RANKED_MS)
    print(f"{REQUESTS:,} requests, from the click to the alert: {time.perf_counter() - started:.1f} s")
    expect(alert).to_contain_text("standard deviations away")
    expect(page.get_by_text(f"{REQUESTS:,} requests.")).to_be_visible()
    settled(page, RANKED_MS)
    picture(page, "traffic-alerts")
    with things.workspace.open() as db:
        assert count_requests(db) == REQUESTS

    page.get_by_text("Queries", exact=True).click()
    expect(page.get_by_text(f"{REQUESTS:,} requests, {QUERIES} queries")).to_be_visible(timeout=RANKED_MS)
    settled(page)
    picture(page, "traffic-queries")
    pick_first_row(page)
    expect(columns(page)).to_have_count(2, timeout=RANKED_MS)
    settled(page, RANKED_MS)
    picture(page, "traffic-compare")
    assert "/Compare" in page.url
    expect(page.locator(".heads .label:visible").first).to_contain_text("logged-mini")
    ids = [node.get_attribute("data-column") or "" for node in columns(page).all()]
    newest = next(one for one in reversed(drawn) if one.query == "what is thing number 0")
    shown = [cards(page, column).first.get_attribute("data-docid") for column in ids]
    assert set(shown) == {newest.docs[0].docid, "d0-0"}  # as it was answered, and as it stood before
