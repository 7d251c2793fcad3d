"""`tests.bench sessions`, small: four tabs grade over the websocket and the side route while the worker is busy."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from rerank_core.corpus.ingest import import_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import USAGE
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from tests.bench.__main__ import main
from tests.bench.sessions.judging import Seen
from tests.bench.sessions.load import Plan, figures_of, put_under_load, spread
from tests.bench.sessions.page import Tab

LINK = {"sys": "first-stage", "ret": "bm25"}
PATIENCE = 60.0


@pytest.fixture
def ranked(workspace: Workspace, tmp_path: Path) -> Experiment:
    folder = tmp_path / "made"
    folder.mkdir()
    rows = (f'{{"_id": "d{n}", "text": "tern number {n} dives near the coast"}}\n' for n in range(200))
    (folder / "corpus.jsonl").write_text("".join(rows), encoding="utf-8")
    queries = (f'{{"_id": "q{n}", "text": "which tern has number {n}"}}\n' for n in range(12))
    (folder / "queries.jsonl").write_text("".join(queries), encoding="utf-8")
    import_dataset(workspace, "made", folder)
    settings = RetrievalSettings(retrievers=("bm25",), depth=50)
    experiment = Experiment.of(workspace, "made", ["first-stage"], settings=settings)
    with workspace.open() as db:
        Pipeline(workspace).run(experiment, datasets.get_queries(db, experiment.dataset.id))
    return experiment


def test_no_grade_is_lost_and_no_error_is_shown(ranked: Experiment, tmp_path: Path) -> None:
    figures = put_under_load(ranked, Plan(4, 20, 0.4, 2_000, LINK, PATIENCE), tmp_path)
    assert figures["errors"] == {}
    assert figures["lost"] == 0
    assert figures["acknowledged"] == figures["sent"] > 0
    assert figures["grade by route"]["n"] + figures["grade by websocket"]["n"] == figures["sent"]
    assert figures["memory"]["web"] > 0
    assert set(figures["beside"]) == {"import", "index", "run"}
    assert not any("failed" in states for states in figures["beside"].values())


@pytest.mark.parametrize(
    ("shown", "patience", "error", "said"),
    [
        ("Compare", 0.05, TimeoutError, "nothing more for 0.05 s; page 'Compare' after 0 runs.*'In line'"),
        ("Home", 60, ConnectionError, "the page is not Compare any more; page 'Home'.*'In line'"),
    ],
)
def test_a_tab_that_waits_in_vain_says_what_it_has_seen(
    shown: str, patience: float, error: type[Exception], said: str
) -> None:
    async def wait() -> None:
        tab = Tab("http://127.0.0.1:1", "ds=made", patience)
        tab._reading = asyncio.create_task(asyncio.sleep(60))
        message = ForwardMsg()
        message.navigation.page_script_hash = "7"
        message.navigation.app_pages.add(page_script_hash="7", page_name=shown)
        tab._take("navigation", message)
        message = ForwardMsg()
        message.delta.new_element.markdown.body = "In line"
        tab._take("delta", message)
        try:
            await tab.until(lambda: tab.board)
        finally:
            tab._reading.cancel()

    with pytest.raises(error, match=said), ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, wait()).result()


@pytest.mark.parametrize("words", [["--sessions", "0"], ["--minutes", "0"], ["--pause", "-1"], ["--passages", "0"]])
def test_a_bad_option_is_wrong_usage(words: list[str]) -> None:
    assert main(["sessions", *words]) == USAGE


def test_the_spread_is_in_milliseconds() -> None:
    assert spread([0.1] * 99 + [1.0]) == {"n": 100, "median": 100.0, "p95": 100.0, "max": 1000.0}
    assert spread([])["n"] == 0


def test_a_grade_that_was_acknowledged_and_is_not_there_is_lost(
    workspace: Workspace, birds: datasets.DatasetRow
) -> None:
    client = "00000000-0000-4000-8000-000000000001"
    with workspace.write() as db:
        judgments.record(db, birds.id, "ann", [GradeEvent(client, 1, "grade", "q1", "d1", 2)], birds.scale)
    seen = Seen("ann", client, kept=[(1, "q1", "d1", 2), (2, "q1", "d3", 1)])
    assert figures_of(Experiment.of(workspace, "birds"), [seen])["lost"] == 1
