"""A model whose weights cannot be read: its column says so, and the others go on without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RANKED_MS, App, cards, figure, open_compare, summary
from tests.support.browser import settled

pytestmark = pytest.mark.browser


def broken_model(folder: Path) -> Path:
    """A folder that has all that a cross-encoder needs, with weights that were cut off in a download."""
    folder.mkdir()
    config = {"architectures": ["BertForSequenceClassification"], "model_type": "bert", "vocab_size": 9}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfish\n")
    (folder / "model.safetensors").write_bytes(b"\x08\x00\x00\x00")
    return folder


def add_model(page: Page, app: App, folder: Path) -> None:
    page.goto(f"{app.url}/Rerankers")
    settled(page)
    page.get_by_role("tab", name="add a model").click()
    page.get_by_label("Hub name or local folder").fill(str(folder))
    page.locator("[data-testid='stForm']").get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text(f"{folder.name} is in the list")).to_be_visible()


def test_a_broken_model_is_a_failed_column_and_out_of_the_means(page: Page, small: App, tmp_path: Path):
    folder = broken_model(tmp_path / "cut-off-model")
    add_model(page, small, folder)
    open_compare(page, small)
    chooser = page.get_by_role("combobox", name="Systems")
    chooser.click()
    chooser.fill("cut-off-model")
    page.get_by_role("option", name="cut-off-model").click()
    page.keyboard.press("Escape")
    column = page.locator(".column.failed:visible")
    expect(column).to_have_count(1, timeout=RANKED_MS)
    system = column.get_attribute("data-column") or ""
    assert system == f"cross-encoder:{folder}"
    reason = column.locator(".message").inner_text()
    assert reason
    assert len(reason.splitlines()) == 1
    for ready in ("first-stage", "minilm-cosine", "minilm-maxsim"):
        expect(cards(page, ready)).to_have_count(4, timeout=RANKED_MS)
    cards(page, "first-stage").first.focus()
    page.keyboard.press("3")
    expect(summary(page, labels=1, pending=0)).to_be_attached()
    expect(figure(page, "first-stage")).to_have_text("1.000")
    page.get_by_role("button", name="More figures").click()
    means = page.locator(".facts td.value[data-measure='nDCG@10']")
    expect(page.locator(".facts[data-column='first-stage'] td.value[data-measure='nDCG@10']")).to_have_text("1.0000")
    assert means.count() >= 4
    expect(page.locator(f'.head[data-column="{system}"] td.value[data-measure="nDCG@10"]')).to_have_text("–")
    expect(page.locator(f'.facts[data-column="{system}"] td.value:visible')).to_have_count(0)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
