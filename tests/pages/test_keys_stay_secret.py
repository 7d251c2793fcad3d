"""A key is in the environment and nowhere else: not on a page, in an export, in the workspace or in its logs."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rerank_core.__main__ import main
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.systems.systems import add_variant, get_system
from rerank_core.types import Query
from tests.pages.conftest import WORDS_ONLY, compare, open_page

SECRET = "sk-sentinel-9f27c1d0"
QUERY = Query("q1", "who eats fish")


class Echo(BaseHTTPRequestHandler):
    """Answers /good, and throws the caller's own key back at it everywhere else."""

    seen: list[str]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        sent = self.headers.get("Authorization", "")
        self.server.seen.append(sent)
        good = self.path.startswith("/good")
        results = [{"index": i, "relevance_score": 1.0 / (i + 1)} for i in range(len(body["documents"]))]
        answer = json.dumps({"results": results} if good else {"error": f"{sent} is not allowed"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ranked_with_keys(workspace, birds, monkeypatch):
    """The birds, ranked by a server that takes the key and by one that refuses it and repeats it."""
    monkeypatch.setenv("OUR_RERANK_KEY", SECRET)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("good", "bad"):
        settings = {"base_url": f"http://127.0.0.1:{server.server_port}/{name}", "key_variable": "OUR_RERANK_KEY"}
        add_variant(workspace, name, "http-rerank", settings)
        Pipeline(workspace).rank(Experiment(workspace, birds, WORDS_ONLY), QUERY, get_system(workspace, name))
    server.shutdown()
    server.server_close()
    assert any(SECRET in sent for sent in server.seen), "the key was really sent"
    return workspace


def drawn(page):
    """All that travels to the browser for this page, as text."""
    return " ".join(str(getattr(element, "proto", "")) for element in page._tree)


def test_no_page_shows_a_key(ranked_with_keys):
    pages = [
        compare(sys=["Your search as it is (no reranker)", "good", "bad"]),
        *(open_page(name) for name in ("Home", "Rerankers", "Evaluate", "Inspect", "Data", "LLM_grades")),
    ]
    for page in pages:
        assert not page.exception
        assert SECRET not in drawn(page)
    assert "401" in drawn(pages[0]), "the refusal itself is told"


def test_no_export_and_no_file_beside_the_workspace_holds_a_key(ranked_with_keys, tmp_path, capsys):
    space = ["--workspace", str(ranked_with_keys.path)]
    view = ["--dataset", "birds", "--retrievers", "bm25", "--depth", "20"]
    for what, path in (("run", "out.trec"), ("qrels", "qrels.txt"), ("beir", "beir")):
        assert main([*space, "export", what, str(tmp_path / path), *view, "--system", "good"]) == 0
    main([*space, "systems", "--json"])
    main([*space, "runs", "--json"])
    said = capsys.readouterr()
    assert SECRET not in said.out + said.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert [path.name for path in files if SECRET.encode() in path.read_bytes()] == []
