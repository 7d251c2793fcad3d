"""Changing passages through the page: a file and ids go up, the counts come, a tick and a click change them."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from rerank_core.store import datasets
from rerank_core.types import Doc
from tests.e2e.conftest import App
from tests.support.browser import settled

pytestmark = pytest.mark.browser

SCRIPT = "<script>document.title='owned'</script>"


def metric(page: Page, label: str) -> Locator:
    return page.locator("[data-testid='stMetric']:visible").filter(has_text=label)


def test_passages_are_added_replaced_and_removed_with_a_look_before(page: Page, small: App) -> None:
    rows = [{"_id": "d1", "text": f"A kestrel {SCRIPT} hunts."}, {"_id": "new", "text": "A gull steals chips."}]
    file: FilePayload = {
        "name": "new.jsonl",
        "mimeType": "application/octet-stream",
        "buffer": "".join(json.dumps(row) + "\n" for row in rows).encode(),
    }
    page.goto(f"{small.url}/Data")
    settled(page)
    page.get_by_role("tab", name="Change passages").click()
    form = page.get_by_role("tabpanel").filter(has_text="Ids of passages to remove")
    field = form.get_by_test_id("stFileUploader").filter(has_text="Files")  # the form has another one, for ids
    field.locator("input[type='file']").set_input_files([file])
    expect(form.get_by_text("It has ids in '_id' and texts in 'text'.")).to_be_visible(timeout=60_000)
    form.get_by_label("Ids of passages to remove").fill(f"d2\n{SCRIPT}\n")
    form.get_by_label("Ids of passages to remove").press("Tab")
    settled(page)
    form.get_by_role("button", name="See what would change").click()
    expect(metric(page, "Added")).to_contain_text("1", timeout=60_000)
    expect(metric(page, "Replaced")).to_contain_text("1")
    expect(metric(page, "Removed")).to_contain_text("1")
    expect(page.get_by_text(f"Ids to remove that belong to no passage: 1 ({SCRIPT}).")).to_be_visible()
    change = page.get_by_role("button", name="Change the passages")
    expect(change).to_be_disabled()
    with small.workspace.open() as db:
        before = datasets.get_dataset(db, "birds")
    assert before.n_docs == 4
    page.get_by_text("Yes, remove 1 of 4 passages").click()
    expect(change).to_be_enabled()
    change.click()
    done = page.locator("[data-testid='stAlertContentSuccess']:visible")
    expect(done).to_contain_text("The passages of birds are changed.", timeout=60_000)
    with small.workspace.open() as db:
        now = datasets.get_dataset(db, "birds")
        found = datasets.get_docs(db, now.id, ["d0", "d1", "d2", "d3", "new"])
    assert list(found) == ["d0", "d1", "d3", "new"]
    assert found["d1"] == Doc("d1", f"A kestrel {SCRIPT} hunts.")
    assert now.fingerprint != before.fingerprint
    page.get_by_role("tab", name="Datasets").click()
    birds = page.locator("[data-testid='stExpander']:visible").filter(has_text="birds")
    expect(birds).to_contain_text("birds: 4 passages")
    assert page.title() == "Data · Rerank Lens"
