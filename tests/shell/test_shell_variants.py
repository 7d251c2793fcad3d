"""Query variants from a shell: the cost first, then the model, then a run that searches with what it wrote."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from tests.rerankers.services.conftest import Service, service

pytest.importorskip("openai", reason="the extra llm is not installed")
__all__ = ["service"]


@pytest.fixture
def call(workspace, birds, capsys, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def run(*words):
        code = main(["--workspace", str(workspace.path), *map(str, words)])
        return code, capsys.readouterr()

    return run


def test_the_cost_comes_first_then_the_model_then_the_run(call, service: Service):
    service.llm = lambda body: "voles, kestrel"
    variant = json.dumps({"kind": "expand", "model": "m", "address": f"{service.url}/v1"})
    words = ("--dataset", "birds", "--retrievers", "bm25", "--depth", 10)
    code, told = call("variant", *words, "--variant", variant, "--keep", "more words", "--prompt")
    assert code == 0, told
    assert "Kept as 'more words'." in told.out
    assert "Name up to ten words" in told.out
    assert "2 queries to write" in told.out
    assert "Say yes to it by --pay." in told.out
    assert service.requests == []
    run = ("run", *words, "--systems", "first-stage", "--variant", "more words")
    code, told = call(*run)
    assert code == 4
    assert "Expanded by m has written nothing for 'who eats fish' yet" in told.err + told.out
    code, told = call("variant", *words, "--variant", "more words", "--pay", "--json")
    assert code == 0, told
    assert [row["written"] for row in json.loads(told.out)] == [["voles", "kestrel"]] * 2
    assert call(*run)[0] == 0
    assert len(service.requests) == 2


def test_what_cannot_be_meant_is_wrong_usage(call):
    code, told = call("variant", "--dataset", "birds")
    assert (code, "Name a query variant" in told.err) == (2, True)
    code, told = call("run", "--dataset", "birds", "--variant", "gone")
    assert (code, "no query variant 'gone' in this workspace; there are: none yet" in told.err) == (2, True)
    code, told = call("run", "--dataset", "birds", "--variant", "{]")
    assert (code, "--variant is not JSON" in told.err) == (2, True)
