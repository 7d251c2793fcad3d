"""The real app with its real worker, driven in Chromium.

Three servers serve all tests, as each start of one, with its worker and its models, costs some ten seconds: `demo` on
the workspace of the first run, `ranked` on a copy that five systems have ranked, and `small` on datasets made by hand,
where a module adds its own. A test that kills one starts it again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.composites.spec import Blend, Cascade, Member, Stage
from rerank_core.systems.systems import add_composite
from rerank_core.types import Doc, Query
from tests.support.browser import ROOT, free_port, new_page, settled, start_streamlit

expect.set_options(timeout=20_000)
RANKED_MS = 300_000  # embedding the demo takes about 40 s on two idle cores, and five times as long on busy ones
FIVE = ("first-stage", "minilm-cosine", "minilm-maxsim", "two-steps", "half-half")
DEPTH_20 = RetrievalSettings(depth=20)
# the README's pictures show the whole demo; to rank a third of its queries shows the same faults in half of the time
RANKED_QUERIES = 60 if os.environ.get("RERANK_LENS_SCREENSHOTS") else 20


@dataclass
class App:
    """A server on a workspace; `kill` is a power cut, and `start` again takes the same port and file."""

    workspace: Workspace
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        env = {VARIABLE: str(self.workspace.path), "HF_HUB_OFFLINE": "1"}
        self.process = start_streamlit(ROOT / "app.py", env, self.port, self.workspace.path.with_suffix(".server.log"))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


STARTED: list[App] = []


def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Let no server outlive the tests here: its worker looks for jobs thirty times a second."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        for app in STARTED:
            app.stop()


@dataclass(frozen=True)
class FirstRun:
    """What a newcomer saw, the workspace as it was then, and the app, which goes on."""

    app: App
    path: Path
    start_text: str
    labels: list[str]
    cards: dict[str, int]
    ndcg: dict[str, str]


def columns(page: Page) -> Locator:
    """The bodies of the columns that hold passages; the ideal one where it is shown."""
    return page.locator(".body > .column.ready:visible")


def cards(page: Page, column: str) -> Locator:
    return page.locator(f".column[data-column='{column}'] .card")


def figure(page: Page, column: str, measure: str = "nDCG@10") -> Locator:
    return page.locator(f".head[data-column='{column}'] td.value[data-measure='{measure}']")


def summary(page: Page, **data: object) -> Locator:
    return page.locator(".summary" + "".join(f"[data-{name}='{value}']" for name, value in data.items()))


def open_compare(page: Page, app: App, link: str = "") -> None:
    """Open Compare under a name and wait until its columns have passages."""
    page.goto(f"{app.url}/Compare{link}{'&' if link else '?'}judge=eva")
    settled(page)
    expect(columns(page).first).to_be_visible(timeout=RANKED_MS)
    await_meaning(page)


def await_meaning(page: Page) -> None:
    """Wait until the columns are no longer those of words alone."""
    expect(page.get_by_text("Words only for now")).to_have_count(0, timeout=RANKED_MS)
    expect(columns(page).first).to_be_visible(timeout=RANKED_MS)


def copy_workspace(source: Path, target: Path) -> Workspace:
    """The file as one consistent whole, its indexes, and none of the work that was still open."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    workspace = Workspace(target)
    shutil.copytree(Workspace(source).index_folder, workspace.index_folder)
    stop_work(workspace)
    return workspace


def stop_work(workspace: Workspace) -> None:
    """End the jobs that are open, so that nobody takes them up."""
    with workspace.write() as db:
        for job in jobs.open_jobs(db):
            jobs.finish(db, job.id, "cancelled", "stopped")


@contextmanager
def running(app: App) -> Iterator[App]:
    app.start()
    STARTED.append(app)
    try:
        yield app
    finally:
        app.stop()


@pytest.fixture(scope="session")
def first_run(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    """From an empty folder to a comparison on the screen, as README's first command does it."""
    folder = tmp_path_factory.mktemp("first-run")
    app = App(Workspace(folder / "live" / "workspace.db"))
    app.workspace.path.parent.mkdir()
    with running(app):
        with new_page(browser) as page:
            page.goto(app.url)
            settled(page)
            start_text = page.locator("[data-testid='stMain']").inner_text()
            page.locator("[data-testid='stMain']").get_by_role("link", name="Compare").click()
            ready = page.locator(".body > .column.ready:not([data-column='ideal'])")
            expect(ready).to_have_count(3, timeout=RANKED_MS)
            await_meaning(page)
            expect(ready).to_have_count(3, timeout=RANKED_MS)
            settled(page)
            ids = [node.get_attribute("data-column") or "" for node in columns(page).all()]
            seen = FirstRun(
                app,
                folder / "kept.db",
                start_text,
                page.locator(".heads .label:visible").all_inner_texts(),
                {column: cards(page, column).count() for column in ids},
                {column: figure(page, column).inner_text() for column in ids},
            )
            # ranking the whole demo, which nobody here waits for, would take the processor from all tests that follow
            with app.workspace.write() as db:
                for job in jobs.open_jobs(db):
                    jobs.cancel(db, job.id)
            copy_workspace(app.workspace.path, seen.path)
        yield seen


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as page:
        yield page


@pytest.fixture
def demo(first_run: FirstRun) -> App:
    """The app on the demo, with the first query ranked."""
    return first_run.app


@pytest.fixture(scope="session")
def ranked(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a copy of the demo of which FIVE have ranked RANKED_QUERIES, at a depth that is not the default."""
    workspace = copy_workspace(first_run.path, tmp_path_factory.mktemp("ranked") / "workspace.db")
    keep_queries(workspace, RANKED_QUERIES)
    add_composite(workspace, "two-steps", Cascade((Stage("minilm-cosine", 10), Stage("minilm-maxsim"))))
    add_composite(workspace, "half-half", Blend((Member("first-stage"), Member("minilm-cosine"))))
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, "demo")
        queries = datasets.get_queries(db, dataset.id)
    Pipeline(workspace).run(Experiment.of(workspace, "demo", FIVE, settings=DEPTH_20), queries)
    with running(App(workspace)) as app:
        yield app


def keep_queries(workspace: Workspace, count: int) -> None:
    """Leave the demo its first `count` queries, and their grades."""
    with workspace.write() as db:
        dataset = datasets.get_dataset(db, "demo")
        for query in datasets.get_queries(db, dataset.id)[count:]:
            for table in ("query", "judgment"):
                db.execute(f"DELETE FROM {table} WHERE dataset_id = ? AND qid = ?", [dataset.id, query.qid])
        datasets.count_queries(db, dataset.id)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a dataset of four passages, which costs no time to embed; the oldest one, which pages open unasked."""
    workspace = Workspace(tmp_path_factory.mktemp("small") / "workspace.db")
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        docs = ["Terns dive for fish.", "A kestrel hunts voles.", "Otters eat fish.", "Puffins carry fish."]
        datasets.add_docs(db, dataset_id, [Doc(f"d{number}", text) for number, text in enumerate(docs)])
        datasets.add_queries(db, dataset_id, [Query("q1", "who eats fish")])
        datasets.finish_dataset(db, dataset_id, {})
    with running(App(workspace)) as app:
        yield app
