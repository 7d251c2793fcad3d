"""Imports and changes run in a process of their own: a stop ends them whatever they do, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from rerank_core.ranking import own_process
from rerank_core.ranking.worker import Worker
from rerank_core.store import jobs
from tests.support.no_models import NoModels

# an import that has brought half of a dataset in, and then never lets go of the interpreter
STUCK = """
import os, re, sys
from pathlib import Path
from rerank_core.corpus import ingest
from rerank_core.ranking import own_process
from rerank_core.store import datasets
from rerank_core.types import Doc

def stuck(workspace, name, source, options, progress):
    with workspace.write() as db:
        dataset = datasets.begin_dataset(db, name, str(source))
        datasets.add_docs(db, dataset, [Doc(str(number), "text") for number in range(3000)])
    progress(3000, 9000, "3,000 passages")
    Path(source).write_text(str(os.getpid()))
    re.match("(a+)+b", "a" * 100)

ingest.import_dataset = stuck
own_process.main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
"""


LOADED = 1.0
"""Seconds that a machine with other work may take on top."""


@pytest.fixture
def stuck(monkeypatch):
    monkeypatch.setattr(own_process, "command", lambda _, *rest: [sys.executable, "-c", STUCK, *rest])


def submit_import(workspace, path, name="x") -> int:
    with workspace.write() as db:
        return jobs.submit(db, "import", {"name": name, "path": str(path), "options": {}})


def look(workspace, job_id):
    with workspace.open() as db:
        return jobs.get(db, job_id)


def wait_for(true, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def counts(workspace) -> tuple[int, int]:
    with workspace.open() as db:
        return tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("dataset", "doc"))


def test_an_import_gives_its_report_its_progress_and_its_error(workspace, tmp_path):
    (tmp_path / "docs.jsonl").write_text('{"id": "a", "text": "fish"}\n')
    (tmp_path / "bad.jsonl").write_text('{"id": "a"\n')
    good, bad = submit_import(workspace, tmp_path / "docs.jsonl"), submit_import(workspace, tmp_path / "bad.jsonl", "y")
    worker = Worker(workspace, os.getppid(), pipeline=NoModels())
    assert [worker.step(), worker.step()] == [True, True]
    assert (look(workspace, good).state, look(workspace, good).result["passages"]) == ("done", 1)
    assert look(workspace, good).done == 1
    assert look(workspace, bad).state == "failed"
    assert "bad.jsonl, line 1: the JSON object does not end" in look(workspace, bad).message


def test_a_stop_ends_an_import_that_never_looks_up_and_leaves_nothing(workspace, tmp_path, stuck):
    job = submit_import(workspace, tmp_path / "pid")
    thread = threading.Thread(target=Worker(workspace, os.getppid(), pipeline=NoModels()).step)
    thread.start()
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    assert counts(workspace) == (1, 3000)
    with workspace.write() as db:
        jobs.cancel(db, job)
    stopped = time.monotonic()
    wait_for(lambda: look(workspace, job).state == "cancelled")
    assert time.monotonic() - stopped < 2 + LOADED
    thread.join(20)
    assert not alive(int((tmp_path / "pid").read_text()))
    assert counts(workspace) == (0, 0)


def test_an_import_that_is_killed_has_failed_with_a_sentence_and_leaves_nothing(workspace, tmp_path, stuck):
    job = submit_import(workspace, tmp_path / "pid")
    thread = threading.Thread(target=Worker(workspace, os.getppid(), pipeline=NoModels()).step)
    thread.start()
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    thread.join(20)
    assert look(workspace, job).state == "failed"
    assert "ended in the middle (code -9)" in look(workspace, job).message
    assert counts(workspace) == (0, 0)


PARENT = """
import sys
from rerank_core.ranking import own_process
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
own_process.command = lambda _, *rest: [sys.executable, "-c", sys.argv[3], *rest]
workspace = Workspace(sys.argv[1])
with workspace.open() as db:
    job = jobs.get(db, int(sys.argv[2]))
own_process.run(workspace, job, lambda: None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread ends it, which may not get a turn")
def test_the_process_ends_with_the_worker_even_where_it_never_looks_up(workspace, tmp_path):
    job = submit_import(workspace, tmp_path / "pid")
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(workspace.path), str(job), STUCK])
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    pid = int((tmp_path / "pid").read_text())
    assert alive(pid)
    parent.kill()
    parent.wait()
    wait_for(lambda: not alive(pid))
