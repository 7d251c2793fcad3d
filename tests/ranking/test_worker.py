"""The worker: does jobs, urgent ones in between, stops on request, and ends with the process that started it."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from rerank_core.errors import RerankLensError
from rerank_core.inference.caller import caller
from rerank_core.inference.pair_queue import PairQueue
from rerank_core.inference.pair_tokens import Pair
from rerank_core.ranking import jobs as ranking_jobs
from rerank_core.ranking import worker
from rerank_core.ranking.worker import Worker
from rerank_core.store import bell, jobs
from tests.support.no_models import NoModels


@pytest.fixture
def table(monkeypatch):
    """The table of jobs, for this test to fill."""
    made = {}
    monkeypatch.setattr(ranking_jobs, "JOBS", made)
    return made


def submit(workspace, kind, urgent=False, **params):
    with workspace.write() as db:
        return jobs.submit(db, kind, params, urgent)


def look(workspace, job_id):
    with workspace.open() as db:
        return jobs.get(db, job_id)


def make(workspace):
    return Worker(workspace, os.getppid(), pipeline=NoModels())


def test_a_job_is_done_and_its_result_kept(workspace, table):
    table["add"] = lambda pipeline, params, progress: {"sum": params["a"] + params["b"]}
    job = submit(workspace, "add", a=2, b=3)
    assert make(workspace).step()
    assert (look(workspace, job).state, look(workspace, job).result) == ("done", {"sum": 5})
    assert not make(workspace).step()


def test_our_own_error_is_told_and_a_foreign_one_is_not_shown(workspace, table, capsys):
    def ours(pipeline, params, progress):
        raise RerankLensError("notes.csv, line 3: two cells. Expected: three.")

    def foreign(pipeline, params, progress):
        raise KeyError("secret-key-123")

    table |= {"ours": ours, "foreign": foreign}
    first, second = submit(workspace, "ours"), submit(workspace, "foreign")
    one = make(workspace)
    one.step()
    one.step()
    assert look(workspace, first).message == "notes.csv, line 3: two cells. Expected: three."
    assert look(workspace, second).message == "KeyError; the worker's log has the details"
    assert "Traceback" in capsys.readouterr().err


def test_a_job_ends_also_where_the_log_lies_on_a_full_disk(workspace, table, monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    def foreign(pipeline, params, progress):
        raise KeyError("x")

    table["foreign"] = foreign
    job = submit(workspace, "foreign")
    monkeypatch.setattr(sys, "stderr", Full())
    make(workspace).step()
    assert look(workspace, job).state == "failed"


@pytest.fixture
def serving(workspace, table):
    """A worker that serves in a thread of this process until the test ends."""
    with serves(workspace) as one:
        yield one


@contextmanager
def serves(workspace):
    one = make(workspace)
    thread = threading.Thread(target=one.serve)
    thread.start()
    yield one
    one._parent = -1  # as if it had gone
    bell.ring(workspace.path)
    thread.join(20)
    assert not thread.is_alive()


def ended(workspace, *job_ids):
    """Wait for the jobs; their states."""
    deadline = time.monotonic() + 20
    while any(look(workspace, one).is_open for one in job_ids) and time.monotonic() < deadline:
        time.sleep(0.01)
    return [look(workspace, one).state for one in job_ids]


def test_an_urgent_job_is_done_between_the_steps_of_a_long_one(workspace, table, serving):
    order, asked = [], []

    def long(pipeline, params, progress):
        for step in range(3):
            order.append(f"long {step}")
            if step == 0:
                asked.extend([submit(workspace, "quick", urgent=True), submit(workspace, "later")])
                wait_for(lambda: any(turn.urgent for turn in serving.turns._jobs))
            progress(step, 3)
        return {}

    table |= {"long": long, "quick": lambda *_: order.append("quick"), "later": lambda *_: order.append("later")}
    first = submit(workspace, "long")
    wait_for(lambda: len(asked) == 2)
    assert ended(workspace, first, *asked) == ["done"] * 3
    assert order == ["long 0", "quick", "long 1", "long 2", "later"]


def test_a_waiting_job_is_begun_without_a_look_at_the_clock(workspace, table, monkeypatch):
    monkeypatch.setattr(worker, "LOOK_SECONDS", 1000.0)
    table["quick"] = lambda *_: {}
    with serves(workspace):
        for number in range(5):
            assert ended(workspace, submit(workspace, "quick", number=number)) == ["done"]
        together = [submit(workspace, "quick", together=number) for number in range(5)]  # one lane, one at a time
        assert ended(workspace, *together) == ["done"] * 5


def test_a_query_is_taken_as_soon_as_an_earlier_one_waits_for_an_index(workspace, table, monkeypatch):
    monkeypatch.setattr(worker, "LOOK_SECONDS", 1000.0)
    monkeypatch.setattr(worker, "URGENT_AT_ONCE", 1)
    gate = threading.Event()

    def index(pipeline, params, progress):
        wait_for(lambda: look(workspace, jobs_made[1]).state == "waiting")
        time.sleep(0.1)
        with caller().preparing():
            assert gate.wait(20)

    table |= {"index": index, "quick": lambda *_: {}}
    with serves(workspace):
        jobs_made = {}
        with workspace.write() as db:
            for number, kind in enumerate(("index", "quick")):
                jobs_made[number] = jobs.submit(db, kind, {}, urgent=True)
        wait_for(lambda: look(workspace, jobs_made[1]).state == "running")
        gate.set()
        assert ended(workspace, *jobs_made.values()) == ["done", "done"]


def test_a_job_whose_ring_was_lost_is_begun_all_the_same(workspace, table, monkeypatch):
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.05)
    table["quick"] = lambda *_: {}
    with serves(workspace):
        workspace.path.with_name("workspace.db.bell").unlink(missing_ok=True)
        assert ended(workspace, submit(workspace, "quick")) == ["done"]


def test_two_peoples_queries_share_a_pack_and_a_long_run_waits(workspace, table, serving):
    packs, gate = [], threading.Event()

    def run(pairs):
        assert gate.wait(20)
        packs.append(sorted(int(one.ids[0]) for one in pairs))
        return [float(one.ids[0]) for one in pairs]

    queue = PairQueue(run, 100)

    def score(pipeline, params, progress):
        own = caller()
        with own.aside():
            return {"score": queue.score([made_pair(params["value"])], own.urgent, own.look)[0]}

    table["score"] = score
    first = submit(workspace, "score", urgent=True, value=1)
    wait_for(lambda: queue._busy)
    others = [submit(workspace, "score", urgent=value < 9, value=value) for value in (2, 3, 9)]
    wait_for(lambda: len(queue._waiting) == 3)
    gate.set()
    assert ended(workspace, first, *others) == ["done"] * 4
    assert packs == [[1], [2, 3], [9]]
    assert [look(workspace, one).result["score"] for one in (first, *others)] == [1.0, 2.0, 3.0, 9.0]


def made_pair(value):
    return Pair(np.full(10, value, np.int32), np.zeros(10, np.int32))


def wait_for(true):
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_stop_is_seen_at_the_next_step(workspace, table):
    steps = []

    def long(pipeline, params, progress):
        for step in range(3):
            steps.append(step)
            with workspace.open() as db:
                jobs.cancel(db, job)
            progress(step, 3, f"step {step}")

    table["long"] = long
    job = submit(workspace, "long")
    make(workspace).step()
    assert (look(workspace, job).state, steps) == ("cancelled", [0])


def test_what_a_killed_worker_left_is_taken_up_again(workspace, table):
    job = submit(workspace, "long")
    with workspace.write() as db:
        jobs.take(db)
    table["long"] = lambda *_: {"again": True}
    one = Worker(workspace, parent=-1, pipeline=NoModels())
    one.serve()  # its parent is gone: it puts back what was left, and ends
    assert look(workspace, job).state == "waiting"
    make(workspace).step()
    assert look(workspace, job).result == {"again": True}


START = """
import sys, time
from rerank_core.ranking import worker
from rerank_core.store.workspace import Workspace
print(worker.start(Workspace(sys.argv[1])).pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="asks /proc whether a process lives")
@pytest.mark.parametrize("wait", [0.0, 2.0], ids=["killed while the worker starts", "killed later"])
def test_a_worker_ends_with_the_process_that_started_it(workspace, wait):
    parent = subprocess.Popen([sys.executable, "-c", START, str(workspace.path)], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    time.sleep(wait)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def test_a_second_worker_waits_and_takes_over(workspace, table):
    first, second = (worker.start(workspace) for _ in range(2))
    try:
        job = submit(workspace, "warm", systems=[])
        deadline = time.monotonic() + 60
        while look(workspace, job).is_open and time.monotonic() < deadline:
            time.sleep(0.05)
        assert look(workspace, job).state == "done"
        first.kill()
        second_job = submit(workspace, "warm", systems=["first-stage"])
        while look(workspace, second_job).is_open and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "cpu" in look(workspace, second_job).result["device"] or look(workspace, second_job).state == "done"
    finally:
        for process in (first, second):
            process.kill()
            process.wait()


def test_while_the_workspace_is_away_none_is_made_and_what_ended_meanwhile_is_told_when_it_is_back(
    workspace, tmp_path, table, monkeypatch
):
    monkeypatch.setattr(worker, "AWAY_SECONDS", 0.05)
    away, begun, go_on = tmp_path / "away.db", threading.Event(), threading.Event()

    def work(pipeline, params, progress):
        begun.set()
        assert go_on.wait(20)
        return {}

    table["slow"] = work
    serving = Worker(workspace, os.getppid(), pipeline=NoModels())
    thread = threading.Thread(target=serving.serve)
    thread.start()
    try:
        slow = submit(workspace, "slow")
        assert begun.wait(20)
        workspace.path.rename(away)
        go_on.set()
        time.sleep(0.5)
        assert thread.is_alive()
        assert not workspace.path.exists()
        away.rename(workspace.path)
        assert ended(workspace, slow) == ["done"]
        later = submit(workspace, "slow", again=True)
        assert ended(workspace, later) == ["done"]
    finally:
        serving._parent = -1
        thread.join(20)
