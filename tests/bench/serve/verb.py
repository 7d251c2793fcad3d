"""`python -m tests.bench serve`: requests per second of our server, beside a plain FastAPI around the library."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine
from tests.bench.serve.memory import memory
from tests.bench.serve.servers import Server, ours, plain, post, prepared

WHAT = "requests per second of the /rerank server, beside a plain FastAPI around CrossEncoder.predict; its memory"
_LIBRARIES = ("torch", "sentence-transformers", "fastapi", "uvicorn")
OURS, THREADS, LOOP = "rerank-lens serve", "plain FastAPI, def", "plain FastAPI, async"


def add_options(parser: Parser) -> None:
    """What is sent."""
    parser.add_argument("--callers", default="1,4,16", help="comma separated (default: %(default)s)")
    parser.add_argument("--documents", type=int, default=20, help="of a request (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=143, help="of a pair in the mean (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=12.0, help="for each measurement (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="each measures everything once (default: %(default)s)")
    parser.add_argument("--without-async", action="store_true", help="beside the plain server with threads alone")
    what = "in place of all that: the memory of our server at its start, after N requests, and after N more"
    parser.add_argument("--memory", type=int, metavar="N", help=what)


def serve(call: Call) -> VerbResult:
    """Rows: a server and a number of callers each; every text is sent once, so that nothing kept helps."""
    options, load = call.options, os.getloadavg()[0]
    if options.memory:
        return memory(call, options.memory, load)
    counts = [int(one) for one in options.callers.split(",")]
    with TemporaryDirectory(prefix="rerank-lens-bench-") as place, ExitStack() as running:
        folder = Path(place) / "model"
        bodies = prepared(folder, options.documents, options.tokens)
        servers = {
            OURS: running.enter_context(ours(folder, Path(place))),
            THREADS: running.enter_context(plain(folder, "def")),
        }
        if not options.without_async:
            servers[LOOP] = running.enter_context(plain(folder, "async"))
        drift = _drift([next(bodies)], servers)
        rows: list[dict[str, Any]] = []
        for round_number in range(options.rounds):
            for callers in counts:
                for name, server in servers.items():
                    call.progress(round_number, options.rounds, f"{name}, {callers} callers")
                    found = _measured(server, callers, options.seconds, bodies)
                    rows.append({"server": name, "callers": callers, **found})
    facts = {"machine": machine(load, _LIBRARIES), "drift": drift, "rows": rows}
    lines = (load_line(facts["machine"]), f"largest difference of a score from the library's: {drift:.1e}")
    return VerbResult(facts, lines, _with_ratios(rows))


def _drift(bodies: Sequence[bytes], servers: dict[str, Server]) -> float:
    """The largest difference between our scores and the library's, over a few requests; it also warms all up."""
    worst = 0.0
    for body in bodies:
        scores = {}
        for name, server in servers.items():
            rows = post(http.client.HTTPConnection("127.0.0.1", server.port, timeout=120), body)["results"]
            scores[name] = {row["index"]: row["relevance_score"] for row in rows}
        worst = max(worst, *(abs(scores[OURS][place] - scores[THREADS][place]) for place in scores[OURS]))
    return worst


def _measured(server: Server, callers: int, seconds: float, bodies: Iterator[bytes]) -> dict[str, float]:
    """All callers begin at once, and none begins a request after `seconds`; the last ones are waited for."""
    times: list[float] = []
    lock = threading.Lock()
    end = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        while time.perf_counter() < end:
            with lock:
                body = next(bodies)
            before = time.perf_counter()
            post(connection, body)
            with lock:
                times.append(time.perf_counter() - before)
        connection.close()

    started, taken = time.perf_counter(), server.processor_seconds()
    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent, ordered = time.perf_counter() - started, sorted(times)
    return {
        "requests_per_second": len(times) / spent,
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
        "processor_seconds": (server.processor_seconds() - taken) / len(times),
    }


def _with_ratios(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with our throughput by that of the same number of callers, in the same round; and by processor time."""
    ours, told = {}, []
    for row in rows:
        if row["server"] == OURS:
            ours[row["callers"]] = row
        own = ours[row["callers"]]
        told.append(
            {
                "server": row["server"],
                "callers": row["callers"],
                "requests/s": f"{row['requests_per_second']:.2f}",
                "p50": f"{row['p50']:.2f} s",
                "p99": f"{row['p99']:.2f} s",
                "processor": f"{row['processor_seconds']:.2f} s",
                "ours by it": f"{own['requests_per_second'] / row['requests_per_second']:.2f}",
                "by processor time": f"{row['processor_seconds'] / own['processor_seconds']:.2f}",
            }
        )
    return told
