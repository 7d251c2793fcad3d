"""What is done for a process that runs for days: here its threads' memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rerank_core.inference.free_memory import ARENAS

PARTS = """
import ctypes, threading
from rerank_core.inference.free_memory import few_arenas
{first}
together = threading.Barrier(13)
def take():
    kept = [bytes(4_000) for _ in range(50)]
    together.wait(60)
    together.wait(60)
threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads:
    thread.start()
together.wait(60)
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
together.wait(60)
"""


def parts(first: str) -> int:
    """From how many parts of memory twelve threads took theirs."""
    script = PARTS.format(first=first)
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    return found.stdout.count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory is Linux's")
def test_threads_share_few_parts_of_memory():
    assert parts("") > ARENAS
    assert parts("few_arenas()") <= ARENAS
