"""The engineer trains on the demo, in the real worker: stopped, gone on, the curve, the blend kept and its mark."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from rerank_core.corpus.ingest import import_dataset
from rerank_core.store.tuned_systems import chosen_on
from rerank_core.systems.systems import get_system
from tests.e2e.conftest import RANKED_MS, App
from tests.support.browser import ROOT, settled

pytestmark = pytest.mark.browser
# by words alone: no model is asked
VIEW = {"ds": "demo", "ret": "BM25 (words)", "depth": "10"}


def link(app: App, name: str, *systems: str, **more: str) -> str:
    return f"{app.url}/{name}?{urlencode({**VIEW, 'sys': list(systems), **more}, doseq=True)}"


def test_the_engineer_trains_on_the_demo_stops_goes_on_and_sees_the_blend_with_its_mark(page: Page, small: App) -> None:
    import_dataset(small.workspace, "demo", ROOT / "data" / "demo")
    first = get_system(small.workspace, "first-stage").label
    page.goto(link(small, "Train", first))
    settled(page, RANKED_MS)
    train = page.get_by_role("button", name="Train", exact=True)
    train.click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped. What was finished is kept")).to_be_visible(timeout=RANKED_MS)
    settled(page, RANKED_MS)
    train.click()
    expect(page.locator("h3").first).to_contain_text("the learned blend", timeout=RANKED_MS)
    settled(page, RANKED_MS)
    expect(page.get_by_text("Would more grades help?")).to_be_visible()
    expect(page.locator("[data-testid='stVegaLiteChart']").first).to_be_visible()
    page.get_by_label("Name", exact=True).fill("our blend")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Kept as 'our blend'")).to_be_visible()
    with small.workspace.open() as db:
        assert len(chosen_on(db, ["our blend"])["our blend"]) == 60

    page.goto(link(small, "Compare", first, "our blend"))
    settled(page, RANKED_MS)
    expect(page.locator(".body > .column.ready:not([data-column='ideal'])")).to_have_count(2, timeout=RANKED_MS)
    expect(page.get_by_text("our blend was trained on this query among others")).to_be_visible()
