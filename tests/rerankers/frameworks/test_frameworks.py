"""What a team has in LangChain or LlamaIndex, as a system: its order, what it leaves out, and what may be run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from langchain_core.documents import BaseDocumentCompressor, Document
from llama_index.core.postprocessor.types import BaseNodePostprocessor

from rerank_core.errors import NotReadyError, RerankLensError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.frameworks.factory import FACTORIES
from rerank_core.rerankers.load import load
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.systems import add_variant, get_system
from tests.conftest import BIRD_QUERIES

HERE = __name__
TEXTS = ["a", "abc", "ab", "abcd"]


class LongestThree(BaseDocumentCompressor):
    def compress_documents(self, documents: Sequence[Document], query: str, callbacks=None) -> Sequence[Document]:
        return sorted(documents, key=lambda document: -len(document.page_content))[:3]


class Forgetful(BaseDocumentCompressor):
    def compress_documents(self, documents, query, callbacks=None):
        return [Document(page_content=document.page_content) for document in documents]


class LongestTwo(BaseNodePostprocessor):
    def _postprocess_nodes(self, nodes, query_bundle=None):
        assert query_bundle.query_str
        return sorted(nodes, key=lambda row: -len(row.node.get_content()))[:2]


class Twice(BaseNodePostprocessor):
    def _postprocess_nodes(self, nodes, query_bundle=None):
        return [nodes[0], nodes[0]]


@pytest.fixture
def made(monkeypatch):
    def make(row: str, kind: str):
        monkeypatch.setenv(FACTORIES, f"other.module:make, {HERE}:{kind}")
        return load(get(row), {"factory": f"{HERE}:{kind}"})

    return make


def test_a_compressor_orders_and_what_it_leaves_out_comes_last(made):
    scorer = made("langchain-compressor", "LongestThree")
    assert scorer.order("q", TEXTS) == [3, 1, 2, 0]
    assert scorer.notes() == ("it left out 1 passages: they come last, in the candidates' order",)
    assert scorer.notes() == ()
    assert scorer.order("q", []) == []


def test_a_postprocessor_does_too(made):
    assert made("llama-index-postprocessor", "LongestTwo").order("q", TEXTS) == [3, 1, 0, 2]


@pytest.mark.parametrize(
    ("row", "kind", "message"),
    [
        ("langchain-compressor", "Forgetful", "without the metadata"),
        ("llama-index-postprocessor", "Twice", "a passage twice"),
    ],
)
def test_what_cannot_be_known_again_is_an_error(made, row, kind, message):
    with pytest.raises(RerankLensError, match=message):
        made(row, kind).order("q", TEXTS)


def test_nothing_is_imported_that_the_environment_does_not_name(monkeypatch):
    monkeypatch.delenv(FACTORIES, raising=False)
    with pytest.raises(NotReadyError, match=f"set {FACTORIES}=antigravity:x where the app is started"):
        load(get("langchain-compressor"), {"factory": "antigravity:x"})
    monkeypatch.setenv(FACTORIES, "no_such_module:x")
    with pytest.raises(NotReadyError, match="cannot be imported: No module named 'no_such_module'"):
        load(get("langchain-compressor"), {"factory": "no_such_module:x"})
    with pytest.raises(SettingsError, match="factory must be module:function"):
        load(get("langchain-compressor"), {"factory": "os.system('x')"})


def test_something_else_than_a_compressor_is_refused(made):
    with pytest.raises(RerankLensError, match="gives a LongestTwo, and no BaseDocumentCompressor"):
        made("langchain-compressor", "LongestTwo")


def test_it_stands_in_the_comparison(workspace, birds, monkeypatch):
    monkeypatch.setenv(FACTORIES, f"{HERE}:LongestThree")
    add_variant(workspace, "ours", "langchain-compressor", {"factory": f"{HERE}:LongestThree"})
    experiment = Experiment(workspace, birds, RetrievalSettings(retrievers=("bm25",), depth=10))
    stored = Pipeline(workspace).rank(experiment, BIRD_QUERIES[0], get_system(workspace, "ours"))
    assert stored.ranking is not None, stored.error
    assert stored.ranking.docids == ("007", "d1", "d3")
