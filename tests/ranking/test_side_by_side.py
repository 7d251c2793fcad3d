"""Five systems, one slow and one broken: the others are there at once, and the broken one says why."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rerank_core.errors import CancelledError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import load_comparison
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.side_by_side import rank_side_by_side
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.systems import add_variant, get_system
from tests.conftest import BIRD_QUERIES

BM25 = RetrievalSettings(retrievers=("bm25",), depth=10)


class Reranker(BaseHTTPRequestHandler):
    """Speaks /rerank: /slow answers when it is let go, /broken answers nonsense, others prefer what came last."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/slow"):
            self.server.let_go.wait(30)
        results = [{"index": i, "relevance_score": float(i)} for i in range(len(body["documents"]))]
        answer = b"not json" if self.path.startswith("/broken") else json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Reranker)
    made.let_go = threading.Event()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.let_go.set()
    made.shutdown()
    made.server_close()


@pytest.fixture
def systems(workspace, server):
    for name in ("quick", "slow", "broken"):
        url = f"http://127.0.0.1:{server.server_port}/{name}"
        add_variant(workspace, name, "http-rerank", {"base_url": url})
    # the slow one stands first, where it would hold back all others if they took turns
    return [get_system(workspace, one) for one in ("slow", "broken", "first-stage", "minilm-cosine", "quick")]


def test_a_slow_and_a_broken_system_hold_nobody_back(workspace, birds, systems, server):
    def look():
        return load_comparison(Experiment(workspace, birds, BM25, tuple(systems)), BIRD_QUERIES[0])

    seen = []

    def progress(done, total, message=""):
        if message == "waiting for a server" and not server.let_go.is_set():
            deadline = time.monotonic() + 20
            while look().waiting != ("slow",) and time.monotonic() < deadline:
                time.sleep(0.02)
            seen.append(look())
            server.let_go.set()

    failed = rank_side_by_side(
        Pipeline(workspace), Experiment(workspace, birds, BM25, tuple(systems)), BIRD_QUERIES[0], progress
    )
    assert failed == {"first-stage": 0, "minilm-cosine": 0, "slow": 0, "broken": 1, "quick": 0}
    assert seen[0].waiting == ("slow",), "all others had answered while it was still slow"
    assert set(seen[0].rankings) == {"first-stage", "minilm-cosine", "quick"}
    error = look().answers["broken"].error
    assert error
    assert "\n" not in error
    assert look().waiting == ()


def test_a_stop_is_not_held_up_by_a_slow_server(workspace, birds, systems):
    def stop(done, total, message=""):
        if message == "waiting for a server":
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        rank_side_by_side(
            Pipeline(workspace), Experiment(workspace, birds, BM25, tuple(systems)), BIRD_QUERIES[0], stop
        )
    comparison = load_comparison(Experiment(workspace, birds, BM25, tuple(systems)), BIRD_QUERIES[0])
    assert "slow" in comparison.waiting
    assert "first-stage" in comparison.rankings
