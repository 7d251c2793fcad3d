"""Bringing in data through the page, hostile texts among them, and a file that cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from pages.ui.markdown import JOINER
from rerank_core.store import datasets
from tests.e2e.conftest import RANKED_MS, App, cards, open_compare
from tests.support.browser import choose, settled, upload_files

pytestmark = pytest.mark.browser

SCRIPT = "<script>document.title='owned'</script>"
IMAGE = "<img src=x onerror=\"document.title='owned'\">"
MARKDOWN = "*starred* [link](https://example.org) ![picture](https://example.org/a.png) $x^2$ :red[red]"
RTL = "האם ניתן לקבל החזר כספי לאחר ארבעה עשר יום"
LONG = "x" * 10_000
HOSTILE = {
    "<b>7</b>": (SCRIPT, f"fish {IMAGE} {MARKDOWN}"),
    "007": ("🙂👩‍👩‍👧‍👦 fish", "Emoji 🐟 and a fish that is one. 𝔘𝔫𝔦𝔠𝔬𝔡𝔢"),
    "rtl": (RTL, f"{RTL} fish"),
    "long": ("One endless word", f"fish {LONG}"),
}
QUERY = f"fish {SCRIPT} {MARKDOWN}"
NAME = f"{MARKDOWN} {SCRIPT}"
# an unseen word joiner keeps its addresses from becoming links
SHOWN = re.compile(re.escape(NAME).replace("://", f"{JOINER}?://"))


def file(name: str, content: str) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content.encode()}


def jsonl(rows: list[dict]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def upload(page: Page, app: App, name: str, files: list[FilePayload]) -> None:
    page.goto(f"{app.url}/Data")
    settled(page)
    arrived: list[str] = []
    page.on("requestfinished", lambda request: arrived.append(request.url) if request.method == "PUT" else None)
    upload_files(page, files)
    expect(page.locator("[data-testid='stFileChipName']")).to_have_count(len(files))
    # a name is shown before the file has arrived, and the page knows of it only after one more run
    while len(arrived) < len(files):
        page.wait_for_timeout(50)
    page.get_by_label("Name of the dataset").fill(name, timeout=60_000)
    page.get_by_label("Name of the dataset").press("Tab")
    settled(page)
    page.get_by_role("button", name="Import", exact=True).click()


def names(app: App) -> list[str]:
    with app.workspace.open() as db:
        return [row.name for row in datasets.list_datasets(db)]


def main_text(page: Page) -> str:
    return page.locator("[data-testid='stMain']").inner_text()


def test_a_csv_is_imported_and_its_report_shown(page, small):
    upload(page, small, "plants", [file("plants.csv", "id,text\n007,Ferns grow in shade\n8,Moss holds water\n")])
    expect(page.get_by_text("plants is imported")).to_be_visible(timeout=60_000)
    passages = page.locator("[data-testid='stMetric']").filter(has_text="Passages").first
    expect(passages).to_contain_text("2")
    with small.workspace.open() as db:
        row = datasets.get_dataset(db, "plants")
        assert set(datasets.get_docs(db, row.id, ["007", "8"])) == {"007", "8"}


def test_a_bad_line_is_named_and_nothing_is_imported(page, small):
    before = names(small)
    upload(
        page, small, "broken", [file("broken.jsonl", '{"_id": "1", "text": "fine"}\n' * 30 + '{"_id": "2", "text": \n')]
    )
    error = page.locator("[data-testid='stAlertContentError']:visible")
    expect(error).to_contain_text("Nothing was imported", timeout=60_000)
    expect(error).to_contain_text("broken.jsonl, line 31")
    assert names(small) == before


def hrefs(links: Locator) -> list[str]:
    return links.evaluate_all("all => all.map(one => one.getAttribute('href'))")


def test_hostile_texts_are_text_on_every_page(page: Page, small: App, tmp_path: Path):
    corpus = [{"_id": docid, "title": title, "text": text} for docid, (title, text) in HOSTILE.items()]
    files = [
        file("corpus.jsonl", jsonl(corpus)),
        file("queries.jsonl", jsonl([{"_id": "<i>q</i>", "text": QUERY, "metadata": {"note": SCRIPT}}])),
    ]
    upload(page, small, NAME, files)
    expect(page.locator("[data-testid='stAlertContentSuccess']:visible")).to_contain_text(SHOWN, timeout=60_000)
    page.get_by_role("tab", name="Datasets").click()
    expect(page.locator("[data-testid='stExpander']").filter(has_text=SHOWN)).to_be_visible()

    page.goto(f"{small.url}/")
    settled(page)
    open_compare(page, small)
    choose(page, "Dataset", NAME)
    expect(page.locator(".summary .query")).to_have_text(QUERY)
    expect(page.locator(".summary .note")).to_have_text(SCRIPT)
    expect(cards(page, "minilm-maxsim")).to_have_count(len(HOSTILE), timeout=RANKED_MS)
    settled(page)
    for docid, (title, text) in HOSTILE.items():
        card = page.locator(f'.column[data-column="first-stage"] .card[data-docid="{docid}"]')
        expect(card.locator(".title")).to_have_text(title)
        assert card.locator(".text").text_content() == text
        assert card.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    rtl = page.locator('.column[data-column="first-stage"] .card[data-docid="rtl"] .text')
    assert rtl.evaluate("node => getComputedStyle(node).direction") == "rtl"
    # the only links of a board are its own
    assert page.locator(".board script, .board img, .board b, .board a:not(.why)").count() == 0
    assert all("/Inspect?" in link or link.startswith("Inspect?") for link in hrefs(page.locator(".board a.why")))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator('.column[data-column="first-stage"] .card').first.focus()
    page.keyboard.press("3")
    expect(page.locator(".summary[data-labels='1'][data-pending='0']")).to_be_attached()
    assert page.title() == "Compare · Rerank Lens"
    hosts = page.evaluate(
        "[...document.querySelectorAll('a[href], img[src]')].map(one => new URL(one.href || one.src).host)"
    )
    assert not [host for host in hosts if "example.org" in host]
