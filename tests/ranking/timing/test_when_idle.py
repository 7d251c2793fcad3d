"""Rough times are taken again by themselves: when nobody works, below all else, and once."""

from __future__ import annotations

import pytest

from rerank_core.experiment import job_requests
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import MeasureRequest, RunRequest
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.timing.other_work import Used
from rerank_core.ranking.timing.when_idle import LOOK_SECONDS, QUIET_SECONDS, WhenIdle
from rerank_core.ranking.worker import Worker
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import jobs, rankings
from rerank_core.systems.systems import get_system
from tests.conftest import BIRD_QUERIES

BM25 = RetrievalSettings(("bm25",), depth=10)


class Machine:
    """Others have `share` of it; what is asked for is told by `measured`."""

    def __init__(self, workspace):
        self.workspace, self.share, self.now = workspace, 0.0, 1_000.0
        self.idle = WhenIdle(workspace, self, lambda: self.now)

    def look(self):
        return Used(self.now, 0.0, 0.0, 0.0)

    def share_since(self, before):
        return None if before is None else self.share

    def rest(self, seconds=QUIET_SECONDS + 3 * LOOK_SECONDS):
        for _ in range(int(seconds / 0.5)):
            self.now += 0.5
            self.idle.rest()

    def measured(self):
        with self.workspace.open() as db:
            return jobs.recent(db, MeasureRequest.kind)


@pytest.fixture
def experiment(workspace, birds):
    return Experiment(workspace, birds, BM25, (get_system(workspace, "first-stage"),))


@pytest.fixture
def machine(workspace, experiment):
    """All queries are ranked, on a machine that others had a half of."""
    Pipeline(workspace).run(experiment, BIRD_QUERIES)
    with workspace.write() as db:
        job_requests.submit(db, RunRequest.of(experiment))
        jobs.finish(db, jobs.take(db).id, "done")
        db.execute("UPDATE candidates SET seconds = 0.4, busy = 0.5")
        db.execute("UPDATE ranking SET seconds = 0.4, busy = 0.5")
    return Machine(workspace)


def test_after_a_minute_of_rest_the_rough_times_are_asked_for_and_not_urgently(machine, experiment):
    machine.rest(QUIET_SECONDS - 5)
    assert machine.measured() == []
    machine.rest(10 + 2 * LOOK_SECONDS)
    (job,) = machine.measured()
    assert (job.params, job.urgent) == (MeasureRequest.of(experiment).to_json(), False)


def test_a_busy_machine_and_work_in_between_begin_the_waiting_anew(machine):
    machine.share = 0.4
    machine.rest()
    machine.rest()
    assert machine.measured() == []
    machine.share = 0.1
    machine.rest(QUIET_SECONDS - 5)
    machine.idle.work()
    machine.rest(QUIET_SECONDS - 5)
    assert machine.measured() == []
    machine.rest(20)
    assert len(machine.measured()) == 1


def test_it_is_asked_once_also_where_the_times_are_rough_again(machine, workspace, experiment):
    machine.rest()
    with workspace.write() as db:
        jobs.finish(db, jobs.take(db).id, "done")
        assert rankings.count_rough(db, experiment.dataset.id, BM25.to_json(), [experiment.systems[0].key], 0.25) == 4
    for _ in range(3):
        machine.idle.work()
        machine.rest()
    assert len(machine.measured()) == 1
    with workspace.write() as db:  # and again once somebody has had it ranked anew
        job_requests.submit(db, RunRequest.of(experiment))
        jobs.finish(db, jobs.take(db).id, "done")
    machine.idle.work()
    machine.rest()
    assert len(machine.measured()) == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE candidates SET busy = 0.1",
        "UPDATE dataset SET fingerprint = 'other'",
        "UPDATE job SET state = 'failed'",
        "UPDATE job SET params = '{}'",
        "DELETE FROM dataset",
    ],
)
def test_nothing_is_asked_where_nothing_is_rough_or_what_was_ranked_is_no_longer_so(machine, workspace, change):
    with workspace.write() as db:
        db.execute("UPDATE ranking SET busy = NULL")
        db.execute(change)
    machine.rest()
    assert machine.measured() == []


def test_many_rough_times_are_left_to_the_button(machine, monkeypatch):
    monkeypatch.setattr("rerank_core.ranking.timing.when_idle.MOST_TIMES", 3)
    machine.rest()
    assert machine.measured() == []


def test_the_worker_takes_the_times_again(machine, workspace, experiment, monkeypatch):
    machine.rest()
    monkeypatch.setattr(Worker, "orphaned", False)
    assert Worker(workspace, parent=0, pipeline=Pipeline(workspace)).step()
    (job,) = machine.measured()
    assert (job.state, job.result) == ("done", {"taken": 2})
    with workspace.open() as db:
        seconds = [row[0] for row in db.execute("SELECT seconds FROM candidates")]
    assert all(second < 0.4 for second in seconds)
