"""What dense retrieval embedded, the cosine reranker does not encode again; what a worker made, the next one finds."""

from __future__ import annotations

import json
import shutil

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.kept_passages import FOLDER, kept_passages
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import catalog, get, model_from_name
from rerank_core.rerankers.catalogue.local_folder import folder_of
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.systems import add_variant, get_system
from tests.conftest import BIRD_QUERIES

DENSE = RetrievalSettings(retrievers=("dense",), depth=10)
BM25 = RetrievalSettings(retrievers=("bm25",), depth=10)


def encoded(pipeline, system) -> list[str]:
    """The list that grows by every passage that the system's model encodes from now on."""
    run, asked = pipeline.scorer(system)._run, []
    encode = run.encode

    def counted(texts, task, *more):
        asked.extend(texts if task == "document" else ())
        return encode(texts, task, *more)

    run.encode = counted
    return asked


def test_the_cosine_reranker_takes_the_vectors_of_dense_retrieval(workspace, birds):
    pipeline, cosine = Pipeline(workspace), get_system(workspace, "minilm-cosine")
    _, found = pipeline.candidates(Experiment(workspace, birds, DENSE), BIRD_QUERIES[0])
    asked = encoded(pipeline, cosine)
    ranking = pipeline.rank(Experiment(workspace, birds, DENSE), BIRD_QUERIES[0], cosine).ranking
    assert asked == []
    # one model, one vector, one cosine
    assert ranking.docids == found.docids
    assert [doc.score for doc in ranking.docs] == pytest.approx([doc.score for doc in found.docs], abs=1e-6)


def test_dense_retrieval_takes_the_vectors_of_the_cosine_reranker(workspace, birds):
    pipeline, cosine = Pipeline(workspace), get_system(workspace, "minilm-cosine")
    asked = encoded(pipeline, cosine)
    first = pipeline.rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine).ranking
    assert len(asked) == len(first.docs)
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM vector").fetchone()[0] == len(first.docs) < birds.n_docs
    found = pipeline.retriever(birds, DENSE).retrieve("q", BIRD_QUERIES[0].text, DENSE)
    by_id = {doc.docid: doc.score for doc in found.docs}
    assert [by_id[doc.docid] for doc in first.docs] == pytest.approx([doc.score for doc in first.docs], abs=1e-6)
    with workspace.open() as db:
        # no text has two vectors
        rows = db.execute("SELECT count(*), count(DISTINCT text_hash), count(DISTINCT model) FROM vector").fetchone()
    assert rows == (birds.n_docs, birds.n_docs, 1)


def test_other_settings_do_not_take_the_vectors_of_dense_retrieval(workspace, birds):
    pipeline = Pipeline(workspace)
    add_variant(workspace, "short cosine", "minilm-cosine", {"max_length": 16})
    short = get_system(workspace, "short cosine")
    pipeline.candidates(Experiment(workspace, birds, DENSE), BIRD_QUERIES[0])
    asked = encoded(pipeline, short)
    ranking = pipeline.rank(Experiment(workspace, birds, DENSE), BIRD_QUERIES[0], short).ranking
    assert len(asked) == len(ranking.docs)


@pytest.mark.parametrize("settings", [{"max_length": 64}, {"precision": "bfloat16"}, {"precision": "float16"}], ids=str)
def test_only_the_models_own_length_and_type_share_a_name(workspace, settings):
    plain, other = (kept_passages(workspace, get("minilm-cosine"), own) for own in ({}, settings))
    assert plain.vector_name.startswith("bundled-")
    assert other.vector_name == other.name
    assert kept_passages(workspace, get("minilm-maxsim"), {}).vector_name != plain.vector_name


@pytest.mark.parametrize(("dtype", "shared"), [("float32", True), ("bfloat16", False), (None, False)])
def test_a_model_of_a_persons_own_shares_only_where_dense_retrieval_computes_in_the_same_type(
    workspace, tmp_path, dtype, shared
):
    folder = shutil.copytree(folder_of(get("minilm-cosine")), tmp_path / "own")
    config = json.loads((folder / "config.json").read_text("utf-8")) | ({"dtype": dtype} if dtype else {})
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    kept = kept_passages(workspace, model_from_name("bi-encoder", str(folder)), {})
    assert (kept.vector_name != kept.name) == shared


def test_a_service_keeps_nothing(workspace):
    assert kept_passages(workspace, next(model for model in catalog() if model.hosting == "api"), {}) is None


def test_a_new_worker_encodes_no_passage_of_the_last_one(workspace, birds):
    maxsim = get_system(workspace, "minilm-maxsim")
    first = Pipeline(workspace)
    asked = encoded(first, maxsim)
    before = first.rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], maxsim).ranking
    assert len(asked) == len(before.docs)
    with workspace.write() as db:
        db.execute("DELETE FROM ranking")
        db.execute("DELETE FROM score")
    second = Pipeline(workspace)
    asked = encoded(second, maxsim)
    after = second.rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], maxsim).ranking
    assert asked == []
    assert after.docs == before.docs
    # derived: it may be deleted, and is made again
    for file in (workspace.index_folder / FOLDER).iterdir():
        file.unlink()
    with workspace.write() as db:
        db.execute("DELETE FROM ranking")
        db.execute("DELETE FROM score")
    again = second.rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], maxsim).ranking
    assert len(asked) == len(before.docs)
    assert again.docs == before.docs
