"""A passage is read once by a model: its vector and its tokens' vectors come from one pass where both are of use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import one_pass
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import add_variant, get_system
from tests.conftest import BIRD_QUERIES

DENSE = RetrievalSettings(retrievers=("dense",), depth=10)


def encoded(pipeline: Pipeline, system) -> list[str]:
    """The list that grows by every passage that the system's model encodes from now on."""
    run, asked = pipeline.scorer(system)._run, []
    encode = run.encode

    def counted(texts, task, *more):
        asked.extend(texts if task == "document" else ())
        return encode(texts, task, *more)

    run.encode = counted
    return asked


def scores(workspace: Workspace, birds, system, seen_at_indexing: bool) -> tuple[list[str], dict[str, float]]:
    """The passages that the reranker itself encodes, and its scores by docid."""
    pipeline = Pipeline(workspace)
    view = Experiment(workspace, birds, DENSE, (system,))
    pipeline.candidates(view if seen_at_indexing else replace(view, systems=()), BIRD_QUERIES[0])
    asked = encoded(pipeline, system)
    ranking = pipeline.rank(view, BIRD_QUERIES[0], system).ranking
    return asked, {doc.docid: doc.score for doc in ranking.docs}


def forget(workspace: Workspace) -> None:
    """As if nothing had been embedded or ranked."""
    with workspace.write() as db:
        for table in ("ranking", "score", "vector", "candidates"):
            db.execute(f"DELETE FROM {table}")


def test_late_interaction_in_view_encodes_nothing_after_the_index_and_scores_the_same(workspace, birds, tmp_path):
    maxsim = get_system(workspace, "minilm-maxsim")
    asked, once = scores(workspace, birds, maxsim, seen_at_indexing=True)
    assert asked == []
    assert len(once) == min(10, birds.n_docs)
    for file in (workspace.index_folder / "passages").glob("*"):
        file.unlink()
    forget(workspace)
    asked, twice = scores(workspace, birds, maxsim, seen_at_indexing=False)
    assert len(asked) == len(twice)
    # of the engine's packs and the rounding to float16
    assert once == pytest.approx(twice, abs=2e-3)


def test_a_system_that_reads_fewer_tokens_is_served_by_its_own_pass(workspace, birds):
    add_variant(workspace, "short", "minilm-maxsim", {"max_length": 16})
    asked, found = scores(workspace, birds, get_system(workspace, "short"), seen_at_indexing=True)
    assert len(asked) == len(found)


def test_passages_that_are_mostly_no_candidates_get_no_token_vectors(workspace, birds):
    maxsim = get_system(workspace, "minilm-maxsim")
    view = Experiment(workspace, birds, DENSE, (maxsim,))
    encoder = Pipeline(workspace).first_stages._encoder(DENSE)
    few = replace(view, dataset=replace(birds, n_docs=10 * birds.n_queries + 1))
    assert one_pass.with_token_vectors(encoder, few) is encoder
    enough = replace(view, dataset=replace(birds, n_docs=10 * birds.n_queries))
    assert isinstance(one_pass.with_token_vectors(encoder, enough), one_pass.OnePass)


def test_no_more_than_half_of_what_may_be_kept_is_written_ahead(workspace, birds, monkeypatch):
    monkeypatch.setattr(one_pass, "named_bound", lambda: 2)
    maxsim, encoder = get_system(workspace, "minilm-maxsim"), Pipeline(workspace).first_stages._encoder(DENSE)
    both = one_pass.with_token_vectors(encoder, Experiment(workspace, birds, DENSE, (maxsim,)))
    assert both.encode_documents(["one"]) == pytest.approx(encoder.encode_documents(["one"]), abs=1e-6)
    both.encode_documents(["two", "three"])
    with_tokens = both._shelf.kept.passages.get_many(both._shelf.kept.name, [one_pass.text_hash("two")])
    assert with_tokens == {}
