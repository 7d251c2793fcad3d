"""The bell beside the workspace: heard at once, whoever rings; where it cannot hang, the clock tells when to look."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time

import pytest

from rerank_core.store import bell, jobs
from rerank_core.store.bell import Bell, ring

LONG = 20.0
"""Nobody waits for so long: where a ring is not heard, the test fails by what `wait` returns."""


@pytest.fixture
def heard(workspace):
    with Bell(workspace.path) as one:
        assert one.hangs
        assert not one.wait(0.0)
        yield one


def test_a_queued_job_rings_once_it_is_committed(workspace, heard):
    with workspace.write() as db:
        jobs.submit(db, "warm", {})
        assert not heard.wait(0.0)
    assert heard.wait(LONG)
    assert not heard.wait(0.0)


def test_what_is_no_new_job_does_not_ring(workspace, heard):
    with workspace.write() as db:
        jobs.submit(db, "warm", {})
    assert heard.wait(LONG)
    with workspace.write() as db:
        jobs.submit(db, "warm", {})  # joins the open one
    with workspace.write() as db:
        jobs.cancel(db, 1)
    assert not heard.wait(0.0)


def test_a_job_that_was_rolled_back_does_not_ring(workspace, heard):
    class RefusedError(Exception):
        pass

    def refuse():
        with workspace.write() as db:
            jobs.submit(db, "warm", {})
            raise RefusedError

    with pytest.raises(RefusedError):
        refuse()
    with workspace.write() as db:
        db.execute("UPDATE job SET message = ''")
    assert not heard.wait(0.0)


QUEUE = """
import sys
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
with Workspace(sys.argv[1]).write() as db:
    jobs.submit(db, "warm", {})
"""


def test_another_process_is_heard_while_the_listener_waits(workspace, heard):
    asked = subprocess.Popen([sys.executable, "-c", QUEUE, str(workspace.path)])
    assert heard.wait(LONG)
    assert asked.wait(LONG) == 0


def test_many_rings_are_one(workspace, heard):
    for _ in range(50):
        ring(workspace.path)
    heard.ring()
    assert heard.wait(LONG)
    assert not heard.wait(0.0)


def test_a_stranger_who_does_not_know_the_secret_is_not_heard(workspace, heard):
    port = int(workspace.path.with_name("workspace.db.bell").read_text().split()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for message in (b"", b"0" * 32, b"x" * 2000):
            stranger.sendto(message, ("127.0.0.1", port))
    assert not heard.wait(0.2)
    ring(workspace.path)
    assert heard.wait(LONG)


def test_its_file_is_for_the_owner_alone_and_goes_with_the_listener(workspace):
    file = workspace.path.with_name("workspace.db.bell")
    with Bell(workspace.path):
        assert file.stat().st_mode & 0o077 == 0
    assert not file.exists()
    ring(workspace.path)  # nobody listens: nothing happens


@pytest.mark.parametrize("left", ["", "no port\n", "99999999 x\n", "-1 x\n", "1 2 3\n", "1 \xe4\n"])
def test_what_stands_in_a_file_that_is_none_of_ours_does_no_harm(workspace, left):
    workspace.path.with_name("workspace.db.bell").write_text(left, "utf-8")
    ring(workspace.path)


def test_the_next_listener_takes_over_from_one_that_was_killed(workspace):
    workspace.path.with_name("workspace.db.bell").write_text("9 left-by-a-killed-one\n")
    with Bell(workspace.path) as one:
        ring(workspace.path)
        assert one.wait(LONG)


def test_a_folder_that_was_put_in_place_of_the_old_one_gets_its_bell(tmp_path, workspace):
    folder, aside = tmp_path / "here", tmp_path / "aside"
    folder.mkdir()
    path = folder / "workspace.db"
    with Bell(path) as one:
        folder.rename(aside)
        folder.mkdir()
        ring(path)
        assert not one.wait(0.0)
        ring(path)
        assert one.wait(LONG)


def test_where_nothing_can_be_written_beside_the_workspace_the_listener_looks_by_the_clock(tmp_path):
    with Bell(tmp_path / "not there" / "workspace.db") as one:
        assert not one.hangs
        started = time.monotonic()
        assert not one.wait(LONG)
        assert time.monotonic() - started < LONG / 2


def test_where_no_datagram_arrives_the_listener_looks_by_the_clock(workspace, monkeypatch):
    monkeypatch.setattr(bell, "_PROOF_SECONDS", 0.05)
    monkeypatch.setattr(bell, "ring", lambda path: None)
    with Bell(workspace.path) as one:
        assert not one.hangs
        one.ring()
        assert not one.wait(0.0)


def test_a_thread_of_its_own_wakes_it(heard):
    threading.Timer(0.05, heard.ring).start()
    assert heard.wait(LONG)
