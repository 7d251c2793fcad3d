"""What the user feels: the real app, served and opened in a real browser, on a workspace that is thrown away."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.errors import NotFoundError, RerankLensError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, jobs
from rerank_core.store.shipped_vectors import keep_shipped
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.systems import ALWAYS_READY
from rerank_core.types import Progress, no_progress
from tests.bench.ui.browsing import ROOT, chromium, streamlit_server
from tests.bench.ui.clock import PATIENCE_MS, key_to_figure, new_page, paint
from tests.bench.ui.first_start import first_start

PAGES = {"Home": ("/", "[data-testid='stMain'] h1"), "Compare": ("/Compare?judge=bench", ".column .card")}
"""Page -> its path and what its own content is."""
RANKING_SECONDS = 900


def measure(workspace: Workspace | None, rounds: int, grades: int, folder: Path, progress: Progress = no_progress) \
        -> dict[str, Any]:  # fmt: skip
    """The figures of the first paints and of the grading, in milliseconds; of the first start, in seconds.

    `workspace`: a copy of it in `folder` is served and graded, it stays as it is; None: the demo, ranked by the systems
    that need no download, after a first start on an empty workspace was timed. Each page is opened in turn `rounds`
    times, each time with an empty cache; `first` is the
    visit right after the server's start. Raises NotFoundError for a workspace without a file.
    """
    first = first_start(folder, progress) if workspace is None else {}
    own = demo(folder, progress) if workspace is None else copied(workspace, folder)
    env = {VARIABLE: str(own.path), "HF_HUB_OFFLINE": "1"}
    with streamlit_server(ROOT / "app.py", env, folder / "server.log") as url, chromium() as browser:
        progress(0, rounds, "the first visit")
        visits = {name: [paint(browser, url + path, shown)] for name, (path, shown) in PAGES.items()}
        page = new_page(browser)
        page.goto(url + PAGES["Compare"][0])
        page.locator(PAGES["Compare"][1]).first.wait_for(timeout=PATIENCE_MS)
        _come_to_rest(own, progress)
        page.close()
        for number in range(rounds):
            for name, (path, shown) in PAGES.items():
                progress(number, rounds, f"opening {name}")
                visits[name].append(paint(browser, url + path, shown))
        progress(0, 0, f"{grades} grades")
        page = new_page(browser)
        page.goto(url + PAGES["Compare"][0])
        keys = key_to_figure(page, grades)
    return {
        "first_start": first,
        "paint": {
            name: {
                what: {"first": getattr(seen[0], what), **_spread([getattr(one, what) for one in seen[1:]])}
                for what in ("painted", "content", "whole")
            }
            for name, seen in visits.items()
        },
        "key_to_figure": {**_spread(keys.ms), "n": len(keys.ms), "unmoved": keys.unmoved},
    }


def demo(folder: Path, progress: Progress = no_progress) -> Workspace:
    """A workspace with the demo, every query ranked as the app first asks for it."""
    workspace = Workspace(folder / "workspace.db")
    import_dataset(workspace, "demo", ROOT / "data" / "demo", ImportOptions(), progress)
    keep_shipped(workspace, ROOT / "data" / "vectors" / "demo.npz")
    experiment = Experiment.of(workspace, "demo", ALWAYS_READY)
    with workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    Pipeline(workspace).run(experiment, queries, progress)
    return workspace


def copied(workspace: Workspace, folder: Path) -> Workspace:
    """The workspace as one consistent whole, with its indexes and none of its open work, in `folder`."""
    if not workspace.path.is_file():
        raise NotFoundError(f"there is no workspace {workspace.path}")
    own = Workspace(folder / "workspace.db")
    with closing(sqlite3.connect(workspace.path)) as old, closing(sqlite3.connect(own.path)) as new:
        old.backup(new)
    if workspace.index_folder.is_dir():
        shutil.copytree(workspace.index_folder, own.index_folder)
    with own.write() as db:
        for job in jobs.open_jobs(db):
            jobs.finish(db, job.id, "cancelled", "stopped")
    return own


def _come_to_rest(workspace: Workspace, progress: Progress) -> None:
    """Let the worker finish what Compare asked for: what is measured afterwards is the page, not the cores."""
    deadline = time.monotonic() + RANKING_SECONDS
    while time.monotonic() < deadline:
        with workspace.open() as db:
            if not (waiting := jobs.open_jobs(db)):
                return
        progress(0, 0, f"waiting for {len(waiting)} jobs of the worker")
        time.sleep(0.5)
    raise RerankLensError(f"the worker did not come to rest in {RANKING_SECONDS} seconds")


def _spread(times: Sequence[float | None]) -> dict[str, float | None]:
    """Median, 95th percentile and largest; None where nothing was seen."""
    import numpy as np

    seen = [time for time in times if time is not None]
    if not seen:
        return {"median": None, "p95": None, "max": None}
    found = cast(list[float], np.quantile(seen, [0.5, 0.95, 1]).tolist())
    return dict(zip(("median", "p95", "max"), found, strict=True))
