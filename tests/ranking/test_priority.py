"""The worker stands behind the pages, but where somebody waits for a query, and the system lets it come back."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from rerank_core.inference.caller import caller
from rerank_core.ranking.turns import Turns

SAY = """
import os, sys, threading
from rerank_core.ranking.priority import Priority
now = lambda one=0: os.getpriority(os.PRIO_PROCESS, one)
go_on, known = threading.Event(), []
thread = threading.Thread(target=lambda: (known.append(threading.get_native_id()), go_on.wait()))
thread.start()
one = Priority(os.getppid())
seen = [now()]
one.stand_behind(True)
seen += [now(), now(known[0])]
Priority(os.getppid()).stand_behind(True)
seen += [now()]
one.stand_behind(False)
seen += [now(), now(known[0])]
one.stand_behind(True)
seen += [now()]
go_on.set()
try:
    os.setpriority(os.PRIO_PROCESS, 0, now() - 1)
    print("may", *seen)
except OSError:
    print("may-not", *seen)
"""


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="the system has no priorities")
def test_all_threads_stand_behind_and_come_back_where_the_system_allows_it():
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    said = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True).stdout.split()
    behind = min(19, ours + 10)
    back = ours if said[0] == "may" else behind
    assert [int(one) for one in said[1:]] == [ours, behind, behind, behind, back, back, behind]


def test_somebody_waits_for_a_query_and_not_for_an_index_or_a_run():
    seen: list[bool] = []
    turns = Turns(lambda: seen.append(turns.watched))

    def work(urgent):
        with turns.job(urgent), caller().preparing():
            pass

    for urgent in (False, True):
        thread = threading.Thread(target=work, args=(urgent,))
        thread.start()
        thread.join(20)
    # it comes, prepares, has prepared, goes
    assert seen == [False] * 4 + [True, False, True, False]
