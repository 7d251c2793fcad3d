"""Whether the server's memory stays as it is: texts that were never sent before, until all that it keeps is full."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rerank_core.shell.answer import Call, Rows, VerbResult
from tests.bench.machine import load_line, machine
from tests.bench.serve.servers import Server, ours, post, prepared

_CALLERS, _DOCUMENTS, _TOKENS, _STEPS = 4, 20, 30, 4


def memory(call: Call, requests: int, load: float) -> VerbResult:
    """One row per look: at the start, after the warm-up of `requests`, and at four looks over as many more.

    The model is tiny, the documents short: what is looked at is the server. 10,000 requests of 20 new texts fill the
    scores that it keeps (200,000 pairs); a log is written, and turned.
    """
    rows: Rows = []
    with TemporaryDirectory(prefix="rerank-lens-bench-") as place:
        folder = Path(place) / "model"
        bodies = prepared(folder, _DOCUMENTS, _TOKENS, "tiny")
        log = ("--log", str(Path(place) / "log.jsonl"), "--log-mib", "8")
        with ours(folder, Path(place), *log) as server:

            def look(when: str) -> None:
                rows.append({"when": when, "MiB": round(server.memory(), 1)})
                call.progress(len(rows), 2 + _STEPS, f"{when}: {rows[-1]['MiB']} MiB")

            _ask(server, bodies, 20)
            look("start")
            _ask(server, bodies, requests)
            look(f"after {requests:,} requests (warm-up)")
            for step in range(1, _STEPS + 1):
                _ask(server, bodies, requests // _STEPS)
                look(f"after {step * requests // _STEPS:,} more")
    facts = machine(load, ("torch", "uvicorn"))
    return VerbResult({"machine": facts, "rows": rows}, (load_line(facts),), rows)


def _ask(server: Server, bodies: Iterator[bytes], count: int) -> None:
    """So many requests, by callers side by side. Raises RuntimeError where one is not answered with 200."""
    lock, failed = threading.Lock(), []
    left = count

    def ask() -> None:
        nonlocal left
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        while not failed:
            with lock:
                if left <= 0:
                    break
                left -= 1
                body = next(bodies)
            try:
                post(connection, body)
            except (RuntimeError, OSError) as error:
                failed.append(error)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(_CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise RuntimeError(f"a request was lost: {failed[0]}")
