"""A scripted judge on the real Label page: 4 grades a second by keyboard. None lost, none doubled, the order kept?

    python tests/bench/label_throughput.py                       # 2,000 grades, about 9 minutes
    python tests/bench/label_throughput.py --grades 200

Prints JSON: what was lost, doubled or out of order (all must be 0), and the time from the key event to the frame in
which the grade and the next passage are shown: median, p95 and largest, in ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from playwright.sync_api import Page, expect

from rerank_core.store.workspace import VARIABLE, Workspace
from tests.support.browser import ROOT, chromium_page, settled, streamlit_server
from tests.support.label_lists import make_list, rows

PASSAGES = 50
WATCH = """
() => {
  const host = [...document.querySelectorAll("[data-testid='stBidiComponentIsolated']")]
    .find((node) => node.shadowRoot?.querySelector(".label"));
  const label = host.shadowRoot.querySelector(".label");
  window.__times = [];
  window.__given = [];
  let pressed = null;
  window.addEventListener("keydown", (event) => {
    if (!/^[0-9]$/.test(event.key) || label.dataset.state !== "reading") return;
    pressed = event.timeStamp;
    window.__given.push([...JSON.parse(label.dataset.at), Number(event.key)]);
  }, true);
  new MutationObserver(() => {
    if (pressed === null) return;
    const from = pressed;
    pressed = null;
    requestAnimationFrame(() => setTimeout(() => window.__times.push(performance.now() - from)));
  }).observe(label, { attributes: true, attributeFilter: ["data-at"] });
}
"""
"""The window hears a key before the page's own listener: it notes which passage each key meets."""


@dataclass(frozen=True)
class Outcome:
    """What came of it: keys without a row, rows too many, and whether the rows stand in the order of the keys."""

    given: int
    lost: int
    doubled: int
    order_kept: bool
    times_ms: tuple[float, ...]


def grade(page: Page, workspace: Workspace, grades: int, a_second: float, judge: str = "robot") -> Outcome:
    """Grade on the page that is open, wait until all is kept, and compare the keys with the workspace's rows."""
    page.evaluate(WATCH)
    start = time.monotonic()
    for number in range(grades):
        ahead = start + number / a_second - time.monotonic()
        if ahead > 0:
            page.wait_for_timeout(1000 * ahead)
        page.keyboard.press(str((number * 7) % 4))
    expect(page.locator(".last[data-pending='0']")).to_be_attached(timeout=60_000)
    given = [tuple(one) for one in page.evaluate("window.__given")]
    kept = [(row["qid"], row["docid"], row["grade"]) for row in rows(workspace, judge=judge) if row["kind"] == "grade"]
    lost, doubled = len(set(given) - set(kept)), len(kept) - len(set(kept))
    return Outcome(len(given), lost, doubled, given == kept, tuple(page.evaluate("window.__times")))


def open_label(page: Page, url: str, judge: str = "robot") -> None:
    """Open the page as this judge and wait for the first passage."""
    page.goto(f"{url}/Label?ds=letters&judge={judge}")
    settled(page)
    expect(page.locator(".label[data-state='reading']")).to_be_attached()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grades", type=int, default=2000)
    parser.add_argument("--a-second", type=float, default=4.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace.db")
        make_list(workspace, queries=args.grades // PASSAGES + 2, passages=PASSAGES)
        env = {VARIABLE: str(workspace.path), "HF_HUB_OFFLINE": "1"}
        with streamlit_server(ROOT / "app.py", env) as url, chromium_page() as page:
            open_label(page, url)
            page.wait_for_timeout(10_000)  # the worker loads its models: what is measured is the page
            found = grade(page, workspace, args.grades, args.a_second)
    times = sorted(found.times_ms)
    figures = {"n": len(times), "median_ms": statistics.median(times), "max_ms": times[-1]}
    figures["p95_ms"] = times[min(len(times) - 1, round(0.95 * len(times)))]
    told = {name: value for name, value in asdict(found).items() if name != "times_ms"}
    print(json.dumps({**told, **{name: round(value, 1) for name, value in figures.items()}}))


if __name__ == "__main__":
    main()
