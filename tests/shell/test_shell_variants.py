"""Query variants from a shell: the cost first, then the model, then a run that searches with what it wrote."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rerank_core.__main__ import main
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.systems.query_variants import add_query_variant
from tests.rerankers.services.conftest import Service, service
from tests.support.searched_worlds import SMALL, searched_world

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


def test_a_search_of_settings_tries_a_variant_and_says_what_it_is_worth(workspace, call):
    hyde = QueryVariant("hyde", "m", "http://127.0.0.1:9/v1")
    space = replace(SMALL, variants=(("made-up passage", hyde),))
    searched_world(workspace, [], 0.0, space=space, help_of_variants=-3.0)
    add_query_variant(workspace, hyde, "made-up passage")
    words = ("tune", "--dataset", "world", "--systems", "first-stage", "--depth", 20, "--deepest", 20, "--splits", 20)
    code, told = call(*words, "--variants", "made-up passage")
    assert code == 0, told
    assert "made-up passage: worse by " in told.out
    code, told = call(*words, "--variants", "made-up passage", "gone")
    assert (code, "no query variant 'gone'" in told.err) == (2, True)
