"""Key-to-figure latency of the board: from the key event's time stamp to the frame after a figure's text changed.

    python tests/bench/board_latency.py                            # the demo app, 4 systems x 25 passages
    python tests/bench/board_latency.py --app                      # the page Compare on the demo dataset, all ranked
    python tests/bench/board_latency.py http://localhost:8501/Compare

Prints JSON: median, p95 and largest time in ms over the grades that moved a figure, and how many moved none. It grades
for real: against an app that runs already, use a workspace that you can throw away.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from rerank_core.ingest import ImportOptions, import_dataset
from rerank_core.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs
from rerank_core.store.systems import put_system
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems import ALWAYS_READY, get_system
from tests.browser import ROOT, chromium_page, settled, streamlit_server

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


def grade_next(page: Page, passages: int, number: int) -> None:
    """Give the focused passage the grade after its own, then let the server and the figures come to rest."""
    page.keyboard.press(page.evaluate(NEXT))
    page.wait_for_timeout(400)  # no polling meanwhile: it would share the cores with what is measured
    expect(page.locator(".summary[data-pending='0']")).to_be_attached()
    forth = (number // passages) % 2 == 0
    page.keyboard.press("j" if forth else "k")
    page.wait_for_timeout(60)


def measure(url: str, grades: int, passages: int = 8) -> tuple[list[float], int]:
    """Grade the first passages up and down; the times in ms, and how many grades moved no figure within 2 seconds."""
    with chromium_page() as page:
        page.goto(url)
        settled(page)
        page.locator(".column .card").first.focus()
        page.evaluate(WATCH)
        unmoved = 0
        for number in range(grades + passages):
            if number == passages:  # the first labels are there: from now on, each grade moves an nDCG
                page.evaluate("window.__times.length = 0")
                unmoved = 0
            seen = page.evaluate("window.__times.length")
            grade_next(page, passages, number)
            try:
                page.wait_for_function(MOVED, arg=seen, timeout=2_000)
            except PlaywrightTimeout:
                unmoved += 1
        return [float(time) for time in page.evaluate("window.__times")], unmoved


def tiny_cross_encoder(folder: Path) -> Path:
    """A BERT with random weights: a fourth system that costs nothing."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    from tests.rerankers.conftest import SMALL, save, wordpiece

    torch.manual_seed(7)
    tokenizer = wordpiece()
    config = BertConfig(vocab_size=len(tokenizer), num_labels=1, initializer_range=0.3, **SMALL)
    return save(folder, BertForSequenceClassification(config), tokenizer)


def ranked_demo(folder: Path) -> tuple[Workspace, str]:
    """A workspace with the demo, ranked by four systems for all queries; and the link that shows them."""
    workspace = Workspace(folder / "workspace.db")
    import_dataset(workspace, "demo", ROOT / "data" / "demo", ImportOptions())
    added = f"cross-encoder:{tiny_cross_encoder(folder / 'tiny')}"
    with workspace.write() as db:
        put_system(db, added, added, {})
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, "demo")
        queries = datasets.get_queries(db, dataset.id)
    systems = [get_system(workspace, one) for one in (*ALWAYS_READY, added)]
    Pipeline(workspace).run(dataset, queries, RetrievalSettings(depth=50), systems)
    return workspace, "/Compare?" + urlencode([("sys", system.label) for system in systems])


def come_to_rest(url: str, workspace: Workspace) -> None:
    """Open the page and let the worker finish what it asks for: what is measured is the page, not the cores."""
    with chromium_page() as page:
        page.goto(url)
        settled(page)
        expect(page.locator(".body > .column.ready:not([data-column='ideal'])")).to_have_count(4, timeout=60_000)
        deadline = time.monotonic() + 900
        while time.monotonic() < deadline:
            with workspace.open() as db:
                if not jobs.open_jobs(db):
                    return
            page.wait_for_timeout(500)
        raise RuntimeError("the worker did not come to rest in 15 minutes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", nargs="?", help="a page that shows the board; without it the demo app is started")
    parser.add_argument("--app", action="store_true", help="the real page, on a workspace that is made for it")
    parser.add_argument("--grades", type=int, default=60)
    args = parser.parse_args()
    with ExitStack() as stack:
        if args.app:
            workspace, link = ranked_demo(Path(stack.enter_context(tempfile.TemporaryDirectory())))
            env = {VARIABLE: str(workspace.path), "HF_HUB_OFFLINE": "1"}
            args.url = stack.enter_context(streamlit_server(ROOT / "app.py", env)) + link
            come_to_rest(args.url, workspace)
        elif args.url is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            app = ROOT / "tests" / "board" / "app_board.py"
            args.url = stack.enter_context(streamlit_server(app, {"BOARD_DB": str(folder / "labels.db")}))
        times, unmoved = measure(args.url, args.grades)
    times.sort()
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    result = {
        "n": len(times),
        "median_ms": statistics.median(times),
        "p95_ms": p95,
        "max_ms": times[-1],
        "unmoved": unmoved,
    }
    print(json.dumps({name: round(value, 1) for name, value in result.items()}))


if __name__ == "__main__":
    main()
