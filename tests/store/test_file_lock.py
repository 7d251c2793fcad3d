"""The lock on a file: one holder at a time, and none once its process is dead."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rerank_core.store.file_lock import alone, held

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from rerank_core.store.file_lock import held
with held(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    sys.stdin.read()
"""


class StillHeldError(Exception):
    """Raised instead of waiting."""


def give_up() -> None:
    raise StillHeldError


@pytest.fixture
def holder(tmp_path):
    """Another process that holds tmp_path / "a.lock" until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "a.lock")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_what_waiting_raises_ends_the_waiting(tmp_path, holder):
    with pytest.raises(StillHeldError), held(tmp_path / "a.lock", give_up):
        pass


@pytest.mark.parametrize("end", ["kill", "communicate"])
def test_a_lock_is_free_once_its_process_is_killed_or_done(tmp_path, holder, end):
    getattr(holder, end)()
    holder.wait(30)
    with held(tmp_path / "a.lock", give_up):
        assert (tmp_path / "a.lock").is_file()


def test_threads_of_one_process_hold_it_in_turn(tmp_path):
    second_waits, order = threading.Event(), []

    def second():
        with held(tmp_path / "new" / "a.lock", second_waits.set):
            order.append("second")

    with held(tmp_path / "new" / "a.lock", give_up):
        thread = threading.Thread(target=second)
        thread.start()
        assert second_waits.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_it_is_free_after_an_error(tmp_path):
    with pytest.raises(ValueError, match="mine"), held(tmp_path / "a.lock", give_up):
        raise ValueError("mine")
    with held(tmp_path / "a.lock", give_up):
        pass


def test_an_import_that_waits_says_so_and_can_be_stopped(workspace):
    messages = []

    def stop(done, total, message=""):
        messages.append(message)
        raise StillHeldError

    with alone(workspace, stop), pytest.raises(StillHeldError), alone(workspace, stop):
        pass
    assert messages == ["waiting for another import to end"]
