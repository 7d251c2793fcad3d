"""The first minute: from a server that is up, on an empty workspace, to the columns of the demo's first query."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from rerank_core.store.workspace import VARIABLE
from rerank_core.types import Progress, no_progress
from tests.bench.ui.browsing import ROOT, chromium, streamlit_server
from tests.bench.ui.clock import new_page

PATIENCE_MS = 600_000
COLUMNS = """
(wanted) => {
  const hosts = [...document.querySelectorAll("[data-testid='stBidiComponentIsolated']")];
  const roots = hosts.map((host) => host.shadowRoot).filter(Boolean);
  const text = document.body.innerText;
  if (wanted > 1 && text.includes("Words only for now")) return false;
  const columns = (root) => [...root.querySelectorAll(".column:not([data-column='ideal'])")];
  return roots.some((root) => columns(root).filter((column) => column.querySelector(".card")).length >= wanted);
}
"""
STAGES = {"first column": 1, "three columns": 3}


def first_start(folder: Path, progress: Progress = no_progress) -> dict[str, float]:
    """Seconds from the healthy server until Compare shows so many columns with passages, of words and meaning.

    The first column may be what words alone find. The browser is started before, the ideal column is not counted.
    """
    env = {VARIABLE: str(folder / "first.db"), "HF_HUB_OFFLINE": "1"}
    found = {}
    with chromium() as browser:
        page = new_page(browser)
        with streamlit_server(ROOT / "app.py", env, folder / "first.log") as url:
            started = perf_counter()
            progress(0, 0, "the first start")
            page.goto(f"{url}/Compare?judge=bench", wait_until="commit")
            for stage, columns in STAGES.items():
                page.wait_for_function(COLUMNS, arg=columns, timeout=PATIENCE_MS, polling=50)
                found[stage] = perf_counter() - started
        page.close()
    return found
