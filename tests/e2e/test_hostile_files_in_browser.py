"""Files made to harm, given to the upload in a real browser: each is imported, or refused on the page by its name.

RERANK_LENS_HOSTILE_BROWSER says how many (6 without it), RERANK_LENS_HOSTILE_FROM the first one: a file's number is its
seed.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rerank_core.store import datasets, jobs
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc
from tests.bench.soak.watched import children
from tests.corpus.test_hostile_files import MOST_MEMORY, SLOWEST, make_file
from tests.e2e.conftest import App, running
from tests.support.browser import new_page, settled, upload_files

pytestmark = pytest.mark.browser

COUNT = int(os.environ.get("RERANK_LENS_HOSTILE_BROWSER", "6"))
FIRST = int(os.environ.get("RERANK_LENS_HOSTILE_FROM", "400000"))
NEW_BROWSER = 50
"""So many files, and the browser's window is a new one."""
KEPT = "birds"
HANGS = 60.0
"""Seconds after which nobody waits any more; on a quiet machine all is done within two."""
LOADED = 1_024
"""MiB that a worker with its models has without any file."""
ALERTS = ("Error", "Warning", "Info", "Success")


@dataclass
class Answer:
    """What the page said of a file. `imported`: it is a dataset now. `seconds`: from its import, or upload, to that."""

    said: str
    imported: bool
    seconds: float


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a workspace of its own: its worker begins to read what comes in."""
    workspace = Workspace(tmp_path_factory.mktemp("hostile") / "workspace.db")
    with workspace.write() as db:  # else each page would bring the demo again
        dataset_id = datasets.begin_dataset(db, KEPT, "tests")
        datasets.add_docs(db, dataset_id, [Doc("d1", "Terns dive for fish.")])
        datasets.finish_dataset(db, dataset_id, {})
    with running(App(workspace)) as app:
        yield app


def alerts(page: Page) -> str:
    """Every message on the page, whatever it means."""
    found = [page.locator(f"[data-testid='stAlertContent{kind}']:visible").all_inner_texts() for kind in ALERTS]
    return " | ".join(text for texts in found for text in texts)


def newest_import(workspace: Workspace) -> Job | None:
    with workspace.open() as db:
        found = jobs.recent(db, "import", 1)
    return found[0] if found else None


def give(page: Page, app: App, path: Path, name: str) -> Answer:
    page.goto(f"{app.url}/Data")
    settled(page)
    expect(page.get_by_role("tabpanel", name="Import a dataset")).to_be_visible(timeout=1_000 * HANGS)
    arrived: list[str] = []
    page.on("requestfinished", lambda request: arrived.append(request.url) if request.method == "PUT" else None)
    started = time.monotonic()
    upload_files(page, [{"name": path.name, "mimeType": "application/octet-stream", "buffer": path.read_bytes()}])
    while not arrived and not page.locator("[data-testid='stFileChipError']").count():
        page.wait_for_timeout(25)
        assert time.monotonic() - started < HANGS, "the file has not arrived"
    settled(page)
    field = page.get_by_label("Name of the dataset")
    button = page.get_by_role("button", name="Import", exact=True)
    while not button.count() and not alerts(page):  # the page knows of a file only after one more run
        page.wait_for_timeout(25)
        assert time.monotonic() - started < HANGS, "the page says nothing of the file"
    settled(page)
    if field.count():
        field.fill(name)
        field.press("Tab")
        settled(page)
        while button.count() and button.is_disabled() and not alerts(page):  # the page has not seen the name yet
            page.wait_for_timeout(25)
            assert time.monotonic() - started < HANGS, "nothing says why the file cannot be imported"
        settled(page)
    seconds = time.monotonic() - started
    if not button.count() or button.is_disabled():
        return Answer(alerts(page), False, seconds)
    before, started = newest_import(app.workspace), time.monotonic()
    button.click()
    settled(page)
    job = newest_import(app.workspace)
    if job is None or (before is not None and job.id == before.id):
        return Answer(alerts(page), False, time.monotonic() - started)
    while job.is_open:
        page.wait_for_timeout(25)
        assert time.monotonic() - started < HANGS, f"the import goes on: {job.message}"
        with app.workspace.open() as db:
            job = jobs.get(db, job.id)
    seconds = time.monotonic() - started
    kind = "Success" if job.state == "done" else "Error"
    expect(page.locator(f"[data-testid='stAlertContent{kind}']:visible").first).to_be_attached(timeout=20_000)
    return Answer(alerts(page), job.state == "done", seconds)


def peaks(process: int) -> dict[int, int]:
    """The most memory that the server, and its worker, have had so far, in MiB, by process."""
    found = {}
    for pid in (process, *children(process)):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        found[pid] = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
    return found


def clear(workspace: Workspace) -> None:
    """Drop what came in and the work that follows from it, so that the last file finds what the first one found."""
    with workspace.write() as db:
        for other in jobs.open_jobs(db):
            jobs.finish(db, other.id, "cancelled")
        for dataset in datasets.list_datasets(db):
            if dataset.name != KEPT:
                datasets.drop_dataset(db, dataset.id)


def test_each_file_is_imported_or_refused_by_its_name(browser: Browser, empty: App, tmp_path: Path):
    outcomes: Counter[str] = Counter()
    slowest, late = 0.0, 0
    assert empty.process is not None
    log = empty.workspace.path.with_suffix(".server.log")
    for beginning in range(0, COUNT, NEW_BROWSER):
        with new_page(browser) as page:
            for number in range(FIRST + beginning, FIRST + min(COUNT, beginning + NEW_BROWSER)):
                folder = tmp_path / f"f{number}"
                folder.mkdir()
                path = make_file(random.Random(number), folder)
                case = f"file {number}, {path.name}"
                answer = give(page, empty, path, f"set {number}")
                assert not page.locator("[data-testid='stException']").count(), case
                assert page.title() == "Data · Rerank Lens", case
                if not answer.imported:
                    assert path.name.removesuffix(".gz") in answer.said, f"{case}: {answer.said[:400]!r}"
                    assert str(empty.workspace.path.parent) not in answer.said, f"{case}: a path of the server is shown"
                slowest, late = max(slowest, answer.seconds), late + (answer.seconds > SLOWEST)
                outcomes["imported" if answer.imported else "refused"] += 1
                clear(empty.workspace)
                path.unlink()
    assert "Traceback" not in log.read_text(encoding="utf-8", errors="replace")
    assert empty.process.poll() is None
    most = peaks(empty.process.pid)
    times = f"the slowest {slowest:.1f} s, {late} over {SLOWEST:.0f} s"
    print(f"{COUNT:,} files: {dict(outcomes)}, {times}, at most {most} MiB")
    assert max(most.values()) < MOST_MEMORY + LOADED, most
    assert len(outcomes) == 2, "both happen"
