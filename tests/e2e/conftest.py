"""The real app with its real worker, driven in Chromium. The demo is ranked once and copied to whoever needs it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.composites.spec import Blend, Cascade, Member, Stage
from rerank_core.systems.systems import add_composite
from rerank_core.types import Doc, Query
from tests.support.browser import ROOT, chromium_page, free_port, settled, start_streamlit

expect.set_options(timeout=20_000)
RANKED_MS = 300_000  # embedding the demo takes about 40 s on two idle cores
FIVE = ("first-stage", "minilm-cosine", "minilm-maxsim", "two-steps", "half-half")
DEPTH_20 = RetrievalSettings(depth=20)


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


@dataclass(frozen=True)
class FirstRun:
    """What a newcomer saw, and the workspace as it was then."""

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
    """Open Compare and wait until its columns have passages."""
    page.goto(f"{app.url}/Compare{link}")
    settled(page)
    expect(columns(page).first).to_be_visible(timeout=RANKED_MS)


def copy_workspace(source: Path, target: Path) -> Workspace:
    """The file as one consistent whole, its indexes, and none of the work that was still open."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    workspace = Workspace(target)
    shutil.copytree(Workspace(source).index_folder, workspace.index_folder)
    with workspace.write() as db:
        for job in jobs.open_jobs(db):
            jobs.finish(db, job.id, "cancelled", "stopped")
    return workspace


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    """From an empty folder to a comparison on the screen, as README's first command does it."""
    folder = tmp_path_factory.mktemp("first-run")
    app = App(Workspace(folder / "live" / "workspace.db"))
    app.workspace.path.parent.mkdir()
    app.start()
    try:
        with chromium_page() as page:
            page.goto(app.url)
            settled(page)
            start_text = page.locator("[data-testid='stMain']").inner_text()
            page.locator("[data-testid='stMain']").get_by_role("link", name="Compare").click()
            expect(page.locator(".body > .column.ready:not([data-column='ideal'])")).to_have_count(3, timeout=RANKED_MS)
            settled(page)
            ids = [node.get_attribute("data-column") or "" for node in columns(page).all()]
            seen = FirstRun(
                folder / "kept.db",
                start_text,
                page.locator(".heads .label:visible").all_inner_texts(),
                {one: cards(page, one).count() for one in ids},
                {one: figure(page, one).inner_text() for one in ids},
            )
            copy_workspace(app.workspace.path, seen.path)
    finally:
        app.stop()
    return seen


@pytest.fixture(scope="module")
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    # only one driver may live at a time: what opens a browser of its own goes first
    if "first_run" in {name for item in request.session.items for name in getattr(item, "fixturenames", ())}:
        request.getfixturevalue("first_run")
    with chromium_page() as page:
        yield page


@pytest.fixture(scope="module")
def demo(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a copy of the ranked demo."""
    app = App(copy_workspace(first_run.path, tmp_path_factory.mktemp("demo") / "workspace.db"))
    app.start()
    yield app
    app.stop()


@pytest.fixture(scope="session")
def ranked_demo(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which FIVE have ranked the demo's queries, at a depth that is not the default."""
    workspace = copy_workspace(first_run.path, tmp_path_factory.mktemp("ranked") / "workspace.db")
    add_composite(workspace, "two-steps", Cascade((Stage("minilm-cosine", 10), Stage("minilm-maxsim"))))
    add_composite(workspace, "half-half", Blend((Member("first-stage"), Member("minilm-cosine"))))
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, "demo")
        queries = datasets.get_queries(db, dataset.id)
    Pipeline(workspace).run(Experiment.of(workspace, "demo", FIVE, settings=DEPTH_20), queries)
    return workspace.path


@pytest.fixture(scope="module")
def ranked(ranked_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a copy of the demo that five systems have ranked."""
    app = App(copy_workspace(ranked_demo, tmp_path_factory.mktemp("five") / "workspace.db"))
    app.start()
    yield app
    app.stop()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a dataset of four passages, which costs no time to embed."""
    workspace = Workspace(tmp_path_factory.mktemp("small") / "workspace.db")
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        docs = ["Terns dive for fish.", "A kestrel hunts voles.", "Otters eat fish.", "Puffins carry fish."]
        datasets.add_docs(db, dataset_id, [Doc(f"d{number}", text) for number, text in enumerate(docs)])
        datasets.add_queries(db, dataset_id, [Query("q1", "who eats fish")])
        datasets.finish_dataset(db, dataset_id, {})
    app = App(workspace)
    app.start()
    yield app
    app.stop()
