"""A Streamlit server on a free port and a Chromium page, for tests that drive the real app."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Download, FilePayload, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from tests.bench.ui.browsing import READY, ROOT, chromium, find_chromium, free_port, start_streamlit
from tests.bench.ui.browsing import streamlit_server as serve

__all__ = [
    "ROOT",
    "choose",
    "chromium",
    "chromium_page",
    "downloaded",
    "free_port",
    "need_browser",
    "new_page",
    "pick_first_row",
    "settled",
    "start_streamlit",
    "streamlit_server",
    "upload_files",
]


def need_browser() -> None:
    """Skip the running test where there is no browser; fail it where RERANK_LENS_REQUIRE_BROWSER says there must be."""
    if find_chromium() is not None:
        return
    reason = "no Chromium or Chrome in PATH (RERANK_LENS_CHROMIUM may name one)"
    if os.environ.get("RERANK_LENS_REQUIRE_BROWSER", "0") not in ("", "0"):
        pytest.fail(f"{reason}, and RERANK_LENS_REQUIRE_BROWSER is set", pytrace=False)
    pytest.skip(reason)


@contextmanager
def streamlit_server(script: Path, env: Mapping[str, str] | None = None, port: int | None = None) -> Iterator[str]:
    """The URL of a server that runs `script`, ended on the way out."""
    with tempfile.TemporaryDirectory() as folder, serve(script, env or {}, Path(folder) / "log.txt", port) as url:
        yield url


@contextmanager
def new_page(browser: Browser, width: int = 1440, height: int = 900, **context: Any) -> Iterator[Page]:
    """A page in a fresh profile; `context` goes to new_context (color_scheme="dark", ...)."""
    opened = browser.new_context(viewport={"width": width, "height": height}, **context)
    try:
        page = opened.new_page()
        page.set_default_timeout(20_000)
        yield page
    finally:
        opened.close()


@contextmanager
def chromium_page(width: int = 1440, height: int = 900, **context: Any) -> Iterator[Page]:
    """`new_page` in a Chromium of its own, for programs that are no test: tests share the fixture `browser`.

    Raises RerankLensError where there is no browser.
    """
    with chromium() as browser, new_page(browser, width, height, **context) as page:
        yield page


_STAYS = """(selector) => {
    const rests = document.querySelector(selector) !== null
    window.restsSince = rests ? window.restsSince ?? performance.now() : undefined
    return rests && performance.now() - window.restsSince > 100
}"""


def settled(page: Page, timeout_ms: float = 60_000) -> None:
    """Wait until the script has run and the connection stands.

    A page may run twice in a row (for its link, for what came along), and rests for a moment in between: what is done
    in that moment is lost. So the rest has to last, unless a line of progress has the page run again and again.
    """
    ready = page.locator(READY)
    expect(ready).to_be_attached(timeout=timeout_ms)
    page.evaluate("delete window.restsSince")
    try:
        page.wait_for_function(_STAYS, arg=READY, polling=25, timeout=5_000)
    except TooLate:
        expect(ready).to_be_attached(timeout=timeout_ms)


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a menu, by their whole names, and wait until the page has run with it.

    A menu that is scrolled into view for a click closes again when the scrolling ends after the click: a person clicks
    once more.
    """
    settled(page, 240_000)
    menu = page.get_by_role("combobox", name=label, exact=True)
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(20):
        menu.click()
        try:
            wanted.click(timeout=2_000)
        except TooLate:
            continue
        settled(page, 240_000)
        return
    raise AssertionError(f"the menu {label!r} showed no {option!r}, opened twenty times")


def upload_files(page: Page, files: Sequence[FilePayload]) -> None:
    """Give files to the import's own field: other tabs have fields too, and which is drawn first is chance."""
    form = page.get_by_role("tabpanel", name="Import a dataset")
    form.locator("[data-testid='stFileUploader'] input[type='file']").set_input_files(list(files))


def pick_first_row(page: Page) -> None:
    """Tick the first row of the page's one table: it is a canvas, and its first cell is the box that picks the row.

    While a page is drawn anew the table before stands there too: a click waits until there is one.
    """
    table = page.get_by_test_id("stDataFrameResizable")
    settled(page)
    expect(table).to_have_count(1)
    table.click(position={"x": 16, "y": 56})


def downloaded(page: Page, label: str) -> Download:
    """What the button with this label gives.

    Streamlit makes a file at the click, for the run that drew the button. A page that runs again just then, as Evaluate
    does when a job ends, has forgotten that button: a person clicks once more.
    """
    for _ in range(3):
        try:
            with page.expect_download() as waiting:
                page.get_by_role("button", name=label).click()
            return waiting.value
        except TooLate:
            settled(page)
    raise AssertionError(f"nothing came of {label!r}, clicked three times")
