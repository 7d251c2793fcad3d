"""An index is made once, comes behind people's queries, and is gone on with where somebody stopped it."""

from __future__ import annotations

import os
import threading
import time

import pytest

from rerank_core.errors import CancelledError
from rerank_core.inference.caller import caller
from rerank_core.ranking.index_builds import IndexBuilds
from rerank_core.ranking.turns import Turns
from rerank_core.ranking.worker import Worker
from rerank_core.retrieval.encoder import SentenceEncoder
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs
from rerank_core.types import Doc, Query, no_progress

SOON = 60
SETTINGS = RetrievalSettings(depth=10).to_json()


def wait_for(true):
    deadline = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Building:
    """Two callers who need one index; the first one's build goes step by step, as the test says."""

    def __init__(self) -> None:
        self.turns, self.builds = Turns(), IndexBuilds()
        self.made: dict[str, str] = {}
        self.begun, self.step, self.order = threading.Event(), threading.Event(), []
        self._threads: list[threading.Thread] = []

    def need(self, who: str, urgent: bool, progress=no_progress) -> None:
        def build(tell) -> str:
            self.order.append(f"{who} builds")
            tell(1, 2, "half")
            self.begun.set()
            with caller().aside():  # as where it gives way between two batches
                assert self.step.wait(SOON)
            self.made["index"] = who
            return who

        def work() -> None:
            with self.turns.job(urgent):
                made = self.builds.make("key", lambda: self.made.get("index"), build, progress)
                self.order.append(f"{who} has that of {made}")

        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()

    def end(self) -> None:
        for thread in self._threads:
            thread.join(SOON)
            assert not thread.is_alive()


@pytest.fixture
def building():
    return Building()


def test_a_second_caller_waits_for_the_index_and_sees_how_far_it_is(building):
    seen = []
    building.need("run", urgent=False)
    assert building.begun.wait(SOON)
    building.need("query", urgent=True, progress=lambda *told: seen.append(told))
    wait_for(lambda: seen)
    assert seen[0] == (1, 2, "half")
    building.step.set()
    building.end()
    assert building.order[0] == "run builds"
    assert sorted(building.order[1:]) == ["query has that of run", "run has that of run"]


def test_a_build_that_was_stopped_is_gone_on_with_by_the_next(building):
    told = threading.Event()

    def stopped(tell) -> str:
        with caller().aside():  # an urgent one came, and needs the same
            building.begun.set()
            assert told.wait(SOON)
        raise CancelledError("stopped")

    def run() -> None:
        with building.turns.job(urgent=False), pytest.raises(CancelledError):
            building.builds.make("key", lambda: building.made.get("index"), stopped, no_progress)

    first = threading.Thread(target=run)
    first.start()
    assert building.begun.wait(SOON)
    building.step.set()
    building.need("query", urgent=True, progress=lambda *_: told.set())
    building.end()
    first.join(SOON)
    assert building.order == ["query builds", "query has that of query"]


@pytest.fixture
def many(workspace):
    """A dataset of some thousand short passages: its vectors take a while."""
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "many", "tests", {0: "no", 1: "yes"})
        datasets.add_docs(db, dataset_id, (Doc(f"m{n}", f"Note number {n} about birds") for n in range(4000)))
        datasets.add_queries(db, dataset_id, [Query("q1", "note about birds")])
        datasets.finish_dataset(db, dataset_id, {})
        return datasets.get_dataset(db, "many")


@pytest.fixture
def serving(workspace):
    """A worker with its own pipeline, which serves in a thread of this process until the test ends."""
    one = Worker(workspace, os.getppid())
    thread = threading.Thread(target=one.serve)
    thread.start()
    yield one
    with workspace.write() as db:
        for job in jobs.open_jobs(db):
            jobs.cancel(db, job.id)
    wait_for(lambda: not opened(workspace))
    one._parent = -1  # as if it had gone
    thread.join(SOON)
    assert not thread.is_alive()


def opened(workspace):
    with workspace.open() as db:
        return jobs.open_jobs(db)


def ask(workspace, dataset, systems=("first-stage",)):
    params = {"dataset": dataset, "settings": SETTINGS, "systems": list(systems), "qid": "q1"}
    with workspace.write() as db:
        return jobs.submit(db, "compare", params, urgent=True)


def look(workspace, job_id):
    with workspace.open() as db:
        return jobs.get(db, job_id)


def test_a_query_is_answered_while_another_datasets_vectors_are_made(workspace, birds, many, serving, monkeypatch):
    batches = []
    encode = SentenceEncoder.encode_documents
    monkeypatch.setattr(
        SentenceEncoder, "encode_documents", lambda self, texts: batches.append(len(texts)) or encode(self, texts)
    )
    ready = ask(workspace, "birds")
    wait_for(lambda: not look(workspace, ready).is_open)
    assert look(workspace, ready).state == "done"
    long = ask(workspace, "many")
    wait_for(lambda: look(workspace, long).done > 50 and "Preparing many" in look(workspace, long).message)
    assert look(workspace, long).doing == jobs.PREPARING
    assert look(workspace, long).total == 4000
    before = len(batches)
    quick = ask(workspace, "birds", ["minilm-maxsim"])
    wait_for(lambda: not look(workspace, quick).is_open)
    after = len(batches)
    assert look(workspace, quick).state == "done"
    assert after - before <= 3
    assert look(workspace, long).is_open
    wait_for(lambda: len(batches) > after)  # and then it goes on
