"""The servers that are measured, each a process of its own, and the requests that they get."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from rerank_core.ranking.own_process import environment


def prepared(folder: Path, documents: int, tokens: int, shape: str = "minilm-l6") -> Iterator[bytes]:
    """Write a model of a shape into the folder; yield requests without end, whose pairs have so many tokens."""
    from transformers import AutoTokenizer

    from tests.bench.rerank.world import pairs, write_model

    write_model(shape, folder)
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    return _bodies(pairs(tokenizer, 2000, tokens), documents)


def _bodies(drawn: tuple[str, Sequence[str]], documents: int) -> Iterator[bytes]:
    """Requests without end, no text of which was sent before: each has a number of its own in front."""
    query, texts = drawn
    for number in count():
        start = number * documents
        part = [f"{start + place} {texts[(start + place) % len(texts)]}" for place in range(documents)]
        yield json.dumps({"query": f"{query} {number}", "documents": part}).encode()


class Server(NamedTuple):
    """Where a server listens, and its process."""

    port: int
    pid: int

    def processor_seconds(self) -> float:
        """What all of its threads have taken by now: it says more than the clock where others work."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as file:
            parts = file.read().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MiB that it holds in memory."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def ours(folder: Path, place: Path, *more: str) -> Iterator[Server]:
    """`rerank-lens serve` of the model in the folder, with a workspace in `place`; `more`: options."""
    from rerank_core.store.workspace import Workspace
    from rerank_core.systems.systems import add_variant

    workspace = Workspace(place / "workspace.db")
    add_variant(workspace, "cross", f"cross-encoder:{folder}", {})
    words = ["rerank_core", "--workspace", str(workspace.path), "serve", "--system", "cross", *more]
    with _running(words, "--port") as server:
        yield server


@contextmanager
def plain(folder: Path, kind: str) -> Iterator[Server]:
    """What `tests.bench.serve.plain` serves."""
    with _running(["tests.bench.serve.plain", str(folder)], "", [kind]) as server:
        yield server


@contextmanager
def _running(words: Sequence[str], option: str, more: Sequence[str] = ()) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    line = [sys.executable, "-m", *words, *([option] if option else []), str(port), *more]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(line, stdout=quiet, stderr=quiet, env=environment())
    try:
        _wait(process, port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
            connection.close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("a server has ended before it answered")


def post(connection: http.client.HTTPConnection, body: bytes) -> dict[str, Any]:
    """The answer to a request. Raises RuntimeError for any but 200."""
    connection.request("POST", "/v2/rerank", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"an answer of {answer.status}: {content[:200]!r}")
    found: dict[str, Any] = json.loads(content)
    return found
