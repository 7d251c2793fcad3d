"""Pages under Streamlit's own driver, on a workspace of the test; no worker process is started."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from pages.ui.markdown import JOINER
from rerank_core.corpus.import_roots import VARIABLE as ROOTS
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import worker
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Query, Ranking, ScoredDoc

ROOT = Path(__file__).resolve().parents[2]
WORDS_ONLY = RetrievalSettings(("bm25",), "rrf", (), depth=20)
VIEW = {"ret": "BM25 (words)", "depth": "20"}
CLIENT = "11111111-1111-4111-8111-111111111111"


class IdleWorker:
    """Stands where the worker process would: it lives, and takes no job."""

    def poll(self) -> None:
        return None


@pytest.fixture(autouse=True)
def no_worker_process(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(workspace.path))
    monkeypatch.setattr(worker, "start", lambda _: IdleWorker())
    # a page that is offered to others closes the paths of its whole process: put back after each test
    monkeypatch.setenv(ROOTS, "before")
    monkeypatch.delenv(ROOTS)


@pytest.fixture(autouse=True, scope="session")
def installed_components() -> Iterator[None]:
    """Look for components in the installed packages once: Streamlit's driver reads all their metadata for each page."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: list(found))
        yield


def open_page(name: str, **query: str) -> AppTest:
    """Run a page of the app, by its name in the sidebar, on this test's workspace."""
    script = next((ROOT / "pages").glob(f"[0-9]_{name}.py"))
    app = AppTest.from_file(str(script), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def app_at(name: str, **query: Any) -> AppTest:
    """As `open_page`, by way of the first page, so that links to other pages are known."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if name != "Start":
        app = app.switch_page(str(next((ROOT / "pages").glob(f"[0-9]_{name}.py")).relative_to(ROOT)))
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def compare(**query: str) -> AppTest:
    return open_page("Compare", **{**VIEW, **query})


def payloads(app: AppTest) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the board and its sync were given."""
    assert not app.exception, app.exception[0].message
    board, sync = (json.loads(one.proto.json) for one in app.get("bidi_component"))
    return board, sync


def grade_event(seq: int, docid: str, grade: int, **more: Any) -> dict[str, Any]:
    event = {"client_id": CLIENT, "seq": seq, "kind": "grade", "docid": docid, "grade": grade, "ts": 1, "qid": "q1"}
    return {**event, "outbox_key": '["birds", "me"]', **more}


def send(app: AppTest, *events: Mapping[str, Any]) -> dict[str, Any]:
    """Hand an outbox to the page and return what comes down."""
    app.session_state["board"] = {"outbox": list(events)}
    return payloads(app.run())[1]


def texts(elements: Any) -> str:
    """What a reader sees of some elements: signs that are escaped for Markdown stand as they are."""
    return "\n".join(shown(str(element.value)) for element in elements)


def shown(markdown: str) -> str:
    """Markdown without its escapes, and without the joiners that keep addresses from becoming links."""
    return re.sub(r"\\([^A-Za-z0-9])", r"\1", markdown.replace(JOINER, ""))


@dataclass
class RankedBirds:
    """The birds as three systems order them: as found, the other way round, and one that failed."""

    dataset: DatasetRow
    found: tuple[str, ...]
    reversed: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.reversed = self.found[::-1]


@pytest.fixture
def ranked(workspace: Workspace, birds: DatasetRow) -> RankedBirds:
    query = Query("q1", "who eats fish")
    pipeline = Pipeline(workspace)
    first = pipeline.rank(Experiment(workspace, birds, WORDS_ONLY), query, get_system(workspace, "first-stage"))
    assert first.ranking is not None
    found = first.ranking.docids
    key = candidates_key(birds.fingerprint, WORDS_ONLY.key(), query.text)
    turned = tuple(ScoredDoc(docid, 1.0 / rank, rank) for rank, docid in enumerate(found[::-1], 1))
    with workspace.write() as db:
        cosine = get_system(workspace, "minilm-cosine").key
        rankings.put_ranking(db, key, cosine, Ranking("q1", cosine, turned, 0.5))
        maxsim = get_system(workspace, "minilm-maxsim").key
        rankings.put_ranking(db, key, maxsim, None, "OSError: the weights are cut off")
    return RankedBirds(birds, found)


@pytest.fixture
def another_dataset(workspace: Workspace) -> DatasetRow:
    """A dataset without queries."""
    from tests.conftest import BIRDS

    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "silent", "tests", {0: "no", 1: "yes"})
        datasets.add_docs(db, dataset_id, BIRDS)
        datasets.finish_dataset(db, dataset_id, {})
        return datasets.get_dataset(db, "silent")


@pytest.fixture
def not_a_database(workspace: Workspace) -> Path:
    workspace.path.write_text("Dear diary, this is no database. " * 100)
    return workspace.path
