"""What many tests need: an empty workspace, a small dataset, the shared collections."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Query
from tests.support.memory import FilesInMemory
from tests.support.skips import Skips

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.postgres import PostgresServer

# nothing in the tests may reach a model hub
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# nothing is timed, and nothing kept in the cache of whoever runs them
os.environ["RERANK_LENS_RUNNER"] = "rule"
os.environ["RERANK_LENS_CACHE"] = os.path.join(tempfile.gettempdir(), "rerank-lens-tests-write-nothing-here")

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FilesInMemory(), "files-in-memory")
    config.pluginmanager.register(Skips(), "skips")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        from tests.support.browser import need_browser

        need_browser()


@pytest.fixture(scope="session")
def empty_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace file in which all migrations have run, made once."""
    space = Workspace(tmp_path_factory.mktemp("empty") / "workspace.db")
    with space.open():
        return space.path


@pytest.fixture
def workspace(tmp_path: Path, empty_workspace: Path) -> Workspace:
    return Workspace(shutil.copyfile(empty_workspace, tmp_path / "workspace.db"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run, as only one playwright driver may live in a process."""
    from tests.support.browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def collections() -> Path:
    folder = ROOT.parent / "shared" / "collections"
    if not folder.is_dir():
        pytest.skip(f"the labelled collections are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL with pgvector, for the whole run; a test that kills it starts it again."""
    from tests.support.postgres import running

    with running() as server:
        yield server


BIRDS = [
    Doc("d1", "Terns dive for small fish near the coast.", "Terns"),
    Doc("d2", "A kestrel hovers over fields and hunts voles."),
    Doc("d3", "Otters eat fish and live beside rivers.", "Otters", {"kind": "mammal"}),
    Doc("007", "Puffins nest in burrows on cliffs and carry fish in their bills.", "Puffins", {"kind": "bird"}),
]
BIRD_QUERIES = [Query("q1", "who eats fish"), Query("q2", "hovering hunter", "names the bird", ("short",))]


@pytest.fixture
def birds(workspace: Workspace) -> datasets.DatasetRow:
    """Four passages and two queries, without grades."""
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "birds", "tests")
        datasets.add_docs(db, dataset_id, BIRDS)
        datasets.add_queries(db, dataset_id, BIRD_QUERIES)
        datasets.finish_dataset(db, dataset_id, {})
        return datasets.get_dataset(db, "birds")
