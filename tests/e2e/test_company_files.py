"""A company's own files, from the first look to the first comparison, on a wide screen and on a phone."""

from __future__ import annotations

import csv
import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from rerank_core.store import datasets, judgments
from rerank_core.store.uploads import uploads_folder
from tests.e2e.conftest import RANKED_MS, App, cards
from tests.support.browser import choose, new_page, settled, upload_files

pytestmark = pytest.mark.browser

LOOK_MS = 240_000  # a busy machine takes its time for each run of a page
TOPICS = ("opened box", "late parcel", "gift card", "lost invoice", "broken seal", "wrong size")
DEPARTMENTS = ("Returns", "Shipping", "Payments")


def csv_file(name: str, rows: list[list[str]], encoding: str = "utf-8") -> FilePayload:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return {"name": name, "mimeType": "text/csv", "buffer": out.getvalue().encode(encoding)}


def articles(first: int, encoding: str = "utf-8", word: str = "customers") -> list[list[str]]:
    rows = [["article_id", "headline", "body", "department", "last_editor"]]
    for number, topic in enumerate(TOPICS, start=first):
        body = f"When {word} ask about a {topic}, look at the order first. Then tell them what we do with a {topic}."
        rows.append([str(number), f"What to do with a {topic}", body, DEPARTMENTS[number % 3], f"editor {number}"])
    return rows


def word_document() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


KB = csv_file("kb_articles.csv", articles(6_826_000))
KB_TOO = csv_file("kb_articles.csv", articles(7_000_000, word="Kunden mit Rückfragen"), "cp1252")
SEARCHES = csv_file("search_queries.csv", [["query_id", "search_term"], *([f"S{n}", t] for n, t in enumerate(TOPICS))])
RATINGS = csv_file(
    "ratings.csv", [["query_id", "article_id", "rating"], *([f"S{n}", str(6_826_000 + n), "3"] for n in range(5))]
)
PICTURE: FilePayload = {"name": "pic.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + bytes(64)}
MANUAL: FilePayload = {"name": "manual.docx", "mimeType": "application/zip", "buffer": word_document()}
ALL = [KB, KB_TOO, SEARCHES, RATINGS, PICTURE, MANUAL]


def uploads(app: App) -> set[Path]:
    """The uploads that lie beside the workspace."""
    folder = uploads_folder(app.workspace)
    return set(folder.iterdir()) if folder.is_dir() else set()


@pytest.fixture(params=[1440, 390])
def screen(request, browser: Browser) -> Iterator[tuple[int, Page]]:
    with new_page(browser, request.param, 900) as page:
        page.set_default_timeout(LOOK_MS)
        yield request.param, page


def test_from_own_files_to_the_first_comparison(screen: tuple[int, Page], small: App) -> None:
    width, page = screen
    clicks, name = 0, f"support {width}"
    page.goto(f"{small.url}/Data")
    settled(page, LOOK_MS)
    others = uploads(small)  # a change's file stays for up to 20 s after it
    started = time.monotonic()
    upload_files(page, ALL)
    clicks += 1

    # before the import: what each file is, and what is not read
    expect(page.get_by_text("What the files were taken for")).to_be_visible(timeout=LOOK_MS)
    expect(page.get_by_text("Two different files are called 'kb_articles.csv'.")).to_be_visible(timeout=LOOK_MS)
    expect(page.get_by_text("pic.png is a PNG image and not read.")).to_be_visible()
    expect(page.get_by_text("manual.docx is a Word document and not read.")).to_be_visible()
    expect(page.get_by_text("It is read as Windows-1252.")).to_be_visible()
    looked = time.monotonic() - started
    for number, part in enumerate(("Passages", "Passages", "Grades", "Queries"), start=1):
        expect(page.get_by_role("combobox", name=f"File {number} is taken for")).to_have_value(part)
    titles = page.get_by_role("combobox", name="Title", exact=True)
    expect(titles).to_have_count(2)
    expect(titles.first).to_have_value("headline")
    expect(page.get_by_text("Kunden mit Rückfragen", exact=False).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert name not in names(small)

    # changed: the second file is left out, and the title is another column and back again
    choose(page, "File 2 is taken for", "Not read")
    expect(page.get_by_role("combobox", name="Title", exact=True)).to_have_count(1, timeout=LOOK_MS)
    choose(page, "Title", "department")
    expect(page.get_by_text("department (title)")).to_be_visible(timeout=LOOK_MS)
    choose(page, "Title", "headline")
    expect(page.get_by_text("headline (title)")).to_be_visible(timeout=LOOK_MS)
    field = page.get_by_label("Name of the dataset")
    expect(field).to_have_value("kb_articles")
    field.fill(name)
    field.press("Tab")
    settled(page, LOOK_MS)
    page.get_by_role("button", name="Import", exact=True).click()
    clicks += 1
    expect(page.get_by_text(f"{name} is imported.")).to_be_visible(timeout=LOOK_MS)
    expect(page.get_by_text('1 query has no grade yet: "wrong size"').first).to_be_visible()
    imported = time.monotonic() - started
    assert uploads(small) <= others

    page.get_by_role("button", name="Compare it").click()
    clicks += 1
    page.wait_for_url("**/Compare?*")
    expect(cards(page, "first-stage").first).to_be_visible(timeout=RANKED_MS)
    compared = time.monotonic() - started
    expect(page.locator(".summary .query")).to_have_text(TOPICS[0])
    expect(cards(page, "first-stage").first.locator(".title")).to_have_text(f"What to do with a {TOPICS[0]}")
    load = os.getloadavg()[0]
    times = f"look {looked:.1f} s, imported {imported:.1f} s, compared {compared:.1f} s"
    print(f"{width} px: {clicks} clicks beside two changes; {times}; load {load:.0f}")

    with small.workspace.open() as db:
        row = datasets.get_dataset(db, name)
        assert (row.n_docs, row.n_queries) == (len(TOPICS), len(TOPICS))
        assert [query.qid for query in datasets.get_queries(db, row.id)] == [f"S{n}" for n in range(len(TOPICS))]
        assert len(judgments.qrels(db, row.id)) == 5
        doc = datasets.get_docs(db, row.id, ["6826001"])["6826001"]
    assert (doc.title, doc.metadata["department"]) == (f"What to do with a {TOPICS[1]}", DEPARTMENTS[6_826_001 % 3])


def test_a_dataset_is_renamed_exported_imported_again_and_deleted(page: Page, small: App, tmp_path: Path) -> None:
    page.goto(f"{small.url}/Data")
    settled(page, LOOK_MS)
    upload_files(page, [KB, SEARCHES, RATINGS])
    page.get_by_label("Name of the dataset").fill("first try", timeout=LOOK_MS)
    page.get_by_label("Name of the dataset").press("Tab")
    settled(page, LOOK_MS)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("first try is imported.")).to_be_visible(timeout=LOOK_MS)

    page.get_by_role("tab", name="Datasets").click()
    own = page.locator("[data-testid='stExpander']:visible").filter(has_text="first try: 6 passages, 6 queries")
    own.locator("summary").click()
    own.get_by_role("button", name="Rename").click()
    page.get_by_label("New name").fill("second try")
    page.get_by_role("button", name="Rename it").click()
    expect(page.get_by_text("first try is called second try now.")).to_be_visible(timeout=LOOK_MS)
    assert "second try" in names(small)
    assert "first try" not in names(small)

    own = page.locator("[data-testid='stExpander']:visible").filter(has_text="second try: 6 passages")
    own.locator("summary").click()
    with page.expect_download(timeout=LOOK_MS) as started:
        own.get_by_role("button", name="Export as zip").click()
    archive = tmp_path / started.value.suggested_filename
    started.value.save_as(archive)
    assert archive.name == "second-try.zip"

    own.get_by_role("button", name="Delete…").click()
    expect(page.get_by_text("What goes: 6 passages, 6 queries, 5 grades")).to_be_visible(timeout=LOOK_MS)
    delete = page.get_by_role("button", name="Delete it")
    expect(delete).to_be_disabled()
    page.get_by_label("Type second try to delete it").fill("second try")
    page.get_by_label("Type second try to delete it").press("Enter")
    expect(delete).to_be_enabled(timeout=LOOK_MS)
    delete.click()
    expect(page.get_by_text("second try is deleted: 6 passages")).to_be_visible(timeout=LOOK_MS)
    assert "second try" not in names(small)

    page.get_by_role("tab", name="Import a dataset").click()
    upload_files(page, [archive])
    page.get_by_label("Name of the dataset").fill("back again", timeout=LOOK_MS)
    page.get_by_label("Name of the dataset").press("Tab")
    settled(page, LOOK_MS)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("back again is imported.")).to_be_visible(timeout=LOOK_MS)
    with small.workspace.open() as db:
        row = datasets.get_dataset(db, "back again")
        assert (row.n_docs, row.n_queries, len(judgments.qrels(db, row.id))) == (6, 6, 5)


def names(app: App) -> list[str]:
    with app.workspace.open() as db:
        return [row.name for row in datasets.list_datasets(db)]
