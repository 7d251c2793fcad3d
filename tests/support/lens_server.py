"""A /rerank server within the test's own process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rerank_core.serving.answering import Desk
from rerank_core.serving.server import LensServer


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    """The address of a server in a thread of its own."""
    server = LensServer(desk, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()
