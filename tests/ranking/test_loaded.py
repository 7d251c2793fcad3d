"""What nobody asked for in half an hour is let go: models, indexes, and in the end the worker's libraries."""

from __future__ import annotations

import gc
import os
import time
import weakref
from pathlib import Path

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import in_process, worker
from rerank_core.ranking import pipeline as pipeline_module
from rerank_core.ranking.loaded import HELD_SECONDS, Loaded
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.priority import BEHIND
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import jobs
from rerank_core.systems.systems import get_system

PATIENCE = 300.0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_what_was_asked_for_lately_stays_and_a_walk_over_the_names_asks_for_nothing():
    clock = Clock()
    things = Loaded(clock)
    things["old"], things["used"] = 1, 2
    clock.now = 50.0
    assert (things["used"], sorted(things), len(things)) == (2, ["old", "used"], 2)
    clock.now = 100.0
    assert things.let_go(60.0) == 1
    assert list(things) == ["used"]
    assert (things.get("old"), things.get("used")) == (None, 2)
    clock.now = 159.0
    assert things.let_go(60.0) == 0
    assert things.let_go(0.0) == 1
    assert not things


class Words(Scorer):
    def score(self, query, texts):
        return [float(len(text)) for text in texts]


@pytest.fixture
def opened(monkeypatch):
    """Every model that is loaded, as a weak reference: it is dead once nothing holds the model."""
    made = []

    def load(model, settings, **_):
        scorer = Words()
        made.append(weakref.ref(scorer))
        return scorer

    monkeypatch.setattr(pipeline_module, "load", load)
    return made


def test_models_and_indexes_are_gone_and_come_back_when_they_are_asked_for(workspace, birds, opened):
    pipeline = Pipeline(workspace)
    experiment = Experiment.of(
        workspace, "birds", ["minilm-cosine"], settings=RetrievalSettings(retrievers=("bm25",), depth=10)
    )
    index = weakref.ref(pipeline.retriever(birds, experiment.settings))
    pipeline.warm(experiment.systems[0])
    assert pipeline.let_go() == 0
    assert pipeline.let_go(0.0) == 2
    gc.collect()
    assert [opened[0](), index()] == [None, None]
    pipeline.warm(experiment.systems[0])
    assert opened[1]() is not None
    assert pipeline.retriever(birds, experiment.settings).retrieve("", "voles", experiment.settings).docids


def test_a_worker_lets_models_go_while_other_work_goes_on(workspace, opened, monkeypatch):
    one = worker.Worker(workspace, os.getppid(), hold_seconds=0.0)
    for system in ("minilm-cosine", "minilm-maxsim"):
        with workspace.write() as db:
            jobs.submit(db, "warm", {"systems": [system]})
        assert one.step()
    gc.collect()
    assert [model() is None for model in opened] == [True, False]


def test_a_notebook_lets_models_go_too(workspace, opened, monkeypatch):
    started = []

    class Timer(in_process.Timer):
        def start(self):
            started.append(self)

    monkeypatch.setattr(in_process, "Timer", Timer)
    pipeline = in_process._pipeline(workspace.path)
    pipeline.warm(get_system(workspace, "minilm-cosine"))
    assert started[-1].interval > HELD_SECONDS
    started[-1].function()
    assert opened[0]() is not None
    for name in pipeline._scorers:
        pipeline._scorers._asked[name] -= HELD_SECONDS + 1
    started[-1].function()
    assert opened[0]() is None
    assert len(started) == 3  # it looks again


def megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="asks /proc for a process's memory")
def test_a_worker_at_rest_gives_back_what_its_libraries_take_and_works_on(workspace):
    process = worker.start(workspace, hold_seconds=1.0)

    def warmed(**params: object) -> None:
        with workspace.write() as db:
            job = jobs.submit(db, "warm", params)
        wait_until(lambda: not looked_at(job).is_open)
        assert looked_at(job).state == "done"

    def looked_at(job):
        with workspace.open() as db:
            return jobs.get(db, job)

    try:
        warmed(systems=[])  # asks torch for the device
        full = megabytes(process.pid)
        wait_until(lambda: 10 < megabytes(process.pid) < full / 2)
        assert process.poll() is None
        nice = os.getpriority(os.PRIO_PROCESS, process.pid)
        assert nice == min(19, os.getpriority(os.PRIO_PROCESS, 0) + BEHIND)
        warmed(systems=["first-stage"])
    finally:
        process.kill()
        process.wait()


def wait_until(true):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
