"""What a run of a page has sent reaches its tab, also where a part of the page is asked for as the run ends."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.ui.server import ends_of_runs
from tests.conftest import ROOT


def test_the_end_of_a_run_is_not_lost_to_a_part_that_refreshes_then():
    # a process of its own: the server that it starts is the process's one and only
    command = [sys.executable, "-m", "tests.support.ends_of_runs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    # the run's own texts first; of two alike that wait to be sent, Streamlit sends the newer one alone
    assert list(dict.fromkeys(done.stdout.splitlines())) == ["clicked: True", "the part"], done.stderr


def test_a_file_that_was_made_is_told_of_though_the_page_runs_again(monkeypatch):
    for name in ("request_rerun", "_clear_queue"):
        monkeypatch.setattr(AppSession, name, getattr(AppSession, name))  # as it was, afterwards
    ends_of_runs.keep()
    queue = ForwardMsgQueue()
    made, drawn = ForwardMsg(), ForwardMsg()
    made.backend_operation_response.request_id = "report"
    drawn.delta.new_element.text.body = "of the run before"
    queue.enqueue(made)
    queue.enqueue(drawn)
    AppSession._clear_queue(SimpleNamespace(_browser_queue=queue))
    assert [message.WhichOneof("type") for message in queue.flush()] == ["backend_operation_response"]
