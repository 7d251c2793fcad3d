"""Times as the person before the screen has them, taken inside the page: its first paint, and a key to a new figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.errors import RerankLensError
from tests.bench.ui.browsing import READY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 60_000
SETTLING_MS, STEP_MS, UNMOVED_MS = 400, 60, 2_000
SHOWN = """
(selector) => {
  const hosts = [...document.querySelectorAll("[data-testid='stBidiComponentIsolated']")];
  const roots = [document, ...hosts.map((host) => host.shadowRoot).filter(Boolean)];
  return roots.some((root) => root.querySelector(selector)) && performance.now();
}
"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
WATCH = """
() => {
  const host = [...document.querySelectorAll("[data-testid='stBidiComponentIsolated']")]
    .find((node) => node.shadowRoot?.querySelector(".board"));
  const root = host.shadowRoot;
  window.__times = [];
  window.__pressed = null;
  root.addEventListener("keydown", (event) => {
    if (/^[0-9]$/.test(event.key)) window.__pressed = event.timeStamp;
  }, true);
  const scroller = root.querySelector(".scroller");
  new MutationObserver((changes) => {
    const figure = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest("td.value");
    if (window.__pressed === null || !changes.some(({ target }) => figure(target))) return;
    const from = window.__pressed;
    window.__pressed = null;
    requestAnimationFrame(() => setTimeout(() => window.__times.push(performance.now() - from)));
  }).observe(scroller, { subtree: true, childList: true, characterData: true });
}
"""
NEXT = """
() => {
  const host = [...document.querySelectorAll("[data-testid='stBidiComponentIsolated']")]
    .find((node) => node.shadowRoot?.querySelector(".board"));
  const buttons = [...host.shadowRoot.activeElement.querySelectorAll(".grade")];
  const now = buttons.findIndex((button) => button.getAttribute("aria-pressed") === "true");
  return buttons[(now + 1) % buttons.length].dataset.grade;
}
"""
MOVED = "(seen) => window.__times.length > seen"


@dataclass(frozen=True, slots=True)
class Paint:
    """Milliseconds from the navigation's start.

    `painted`: until the first thing is painted; None where the browser does not tell. `content`: until the page's own
    content is in the document. `whole`: until its script has run.
    """

    painted: float | None
    content: float
    whole: float


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """`ms`: from the key event's time stamp to the frame after a figure's text changed, a grade each, in their order.

    `unmoved`: grades that moved no figure within UNMOVED_MS.
    """

    ms: list[float]
    unmoved: int


def new_page(browser: Browser) -> Page:
    """A page of a usual desktop's size in a new profile, which ends with it."""
    return browser.new_page(viewport={"width": 1440, "height": 900})


def paint(browser: Browser, url: str, content: str) -> Paint:
    """Open `url` in a new profile with an empty cache. `content`: a CSS selector, also for what is in a component.

    Raises RerankLensError where the page does not show it within PATIENCE_MS.
    """
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    page = new_page(browser)
    try:
        page.goto(url, wait_until="commit")
        shown = page.wait_for_function(SHOWN, arg=content, timeout=PATIENCE_MS).json_value()
        whole = page.wait_for_function(SHOWN, arg=READY, timeout=PATIENCE_MS).json_value()
        return Paint(page.evaluate(PAINTED), shown, whole)
    except PlaywrightTimeout as late:
        raise RerankLensError(f"{url} was not there after {PATIENCE_MS // 1000} s; is its data ranked?") from late
    finally:
        page.close()


def key_to_figure(page: Page, grades: int, passages: int = 8) -> KeyTimes:
    """Grade the first passages of an open board up and down with the keyboard, once more than asked to warm up."""
    page.wait_for_selector(READY, state="attached", timeout=PATIENCE_MS)
    cards = page.locator(".column .card")
    cards.first.focus(timeout=PATIENCE_MS)
    page.evaluate(WATCH)
    unmoved = 0
    for number in range(passages + grades):
        if number == passages:  # the first labels are there: from now on, each grade moves an nDCG
            page.evaluate("window.__times.length = 0")
            unmoved = 0
        seen = page.evaluate("window.__times.length")
        _grade_next(page, forth=(number // passages) % 2 == 0)
        unmoved += not _moved(page, seen)
    return KeyTimes([float(time) for time in page.evaluate("window.__times")], unmoved)


def _grade_next(page: Page, forth: bool) -> None:
    """Give the focused passage the grade after its own, then let the server and the figures come to rest."""
    page.keyboard.press(page.evaluate(NEXT))
    page.wait_for_timeout(SETTLING_MS)  # no polling meanwhile: it would share the cores with what is measured
    page.wait_for_selector(".summary[data-pending='0']", state="attached", timeout=PATIENCE_MS)
    page.keyboard.press("j" if forth else "k")
    page.wait_for_timeout(STEP_MS)


def _moved(page: Page, seen: int) -> bool:
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    try:
        page.wait_for_function(MOVED, arg=seen, timeout=UNMOVED_MS)
    except PlaywrightTimeout:
        return False
    return True
