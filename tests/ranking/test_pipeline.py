"""From a query to rankings: made once, kept, resumed; one system's fault stays its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.corpus.changes import remove_passages
from rerank_core.errors import CancelledError
from rerank_core.experiment.depth import recall_by_depth
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import load_comparison
from rerank_core.ranking import pipeline as pipeline_module
from rerank_core.ranking.kept_passages import FOLDER
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.systems import get_system
from tests.conftest import BIRD_QUERIES

BM25 = RetrievalSettings(retrievers=("bm25",), depth=10)


class Longest(Scorer):
    """A scorer that likes long texts, and counts how many it was asked for."""

    asked = 0

    def score(self, query, texts):
        self.asked += len(texts)
        return [float(len(text)) for text in texts]


class Broken(Scorer):
    def score(self, query, texts):
        raise RuntimeError("no room on the device\nand more lines")


@pytest.fixture
def first(workspace):
    return get_system(workspace, "first-stage")


@pytest.fixture
def cosine(workspace):
    return get_system(workspace, "minilm-cosine")


@pytest.fixture
def scorer(monkeypatch):
    """Takes the place of every model: these tests are of the pipeline, the models have their own."""
    made = Longest()
    monkeypatch.setattr(
        pipeline_module, "load", lambda model, settings, **_: None if model.id == "first-stage" else made
    )
    return made


def test_candidates_know_which_retriever_found_them_and_where(workspace, birds):
    _, found = Pipeline(workspace).candidates(Experiment(workspace, birds, BM25), BIRD_QUERIES[0])
    assert set(found.docids) == {"d1", "d3", "007"}
    assert [dict(doc.found_by) for doc in found.docs] == [{"bm25": 1}, {"bm25": 2}, {"bm25": 3}]


def test_a_ranking_holds_the_candidates_in_the_order_of_the_scores(workspace, birds, cosine, scorer):
    stored = Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine)
    assert stored.ranking.docids == ("007", "d1", "d3")
    assert [doc.score for doc in stored.ranking.docs] == sorted(
        (doc.score for doc in stored.ranking.docs), reverse=True
    )


def test_nothing_is_ranked_twice_not_even_by_another_pipeline(workspace, birds, cosine, scorer):
    for _ in range(2):
        stored = Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine)
    assert scorer.asked == len(stored.ranking.docs)


def test_other_settings_or_another_text_are_ranked_anew(workspace, birds, cosine, scorer):
    pipeline = Pipeline(workspace)
    pipeline.rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine)
    deeper = pipeline.rank(Experiment(workspace, birds, replace(BM25, depth=20)), BIRD_QUERIES[0], cosine)
    other = pipeline.rank(Experiment(workspace, birds, BM25), replace(BIRD_QUERIES[0], text="fish fish"), cosine)
    assert deeper.ranking is not None
    assert other.ranking is not None
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM ranking").fetchone()[0] == 3


def test_a_failure_is_kept_as_one_line_and_the_others_go_on(workspace, birds, first, cosine, monkeypatch):
    monkeypatch.setattr(
        pipeline_module, "load", lambda model, settings, **_: None if model.id == "first-stage" else Broken()
    )
    failed = Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine, first)), BIRD_QUERIES)
    assert failed == {"minilm-cosine": 2, "first-stage": 0}
    comparison = load_comparison(Experiment(workspace, birds, BM25, (cosine, first)), BIRD_QUERIES[0])
    assert comparison.answers["minilm-cosine"].error == "RuntimeError: no room on the device"
    assert list(comparison.rankings) == ["first-stage"]
    assert comparison.waiting == ()


def test_a_model_that_is_not_here_fails_with_what_it_needs(workspace, birds):
    system = get_system(workspace, "ms-marco-tinybert-l2-v2")
    stored = Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], system)
    assert "Needs a download: cross-encoder/ms-marco-TinyBERT-L2-v2" in stored.error
    waiting = load_comparison(Experiment(workspace, birds, BM25, (system,)), BIRD_QUERIES[0]).waiting
    assert waiting == (system.id,), "it is asked again once the model is there"


def test_a_run_that_was_stopped_goes_on_without_scoring_twice(workspace, birds, cosine, scorer):
    def stop_at_the_second_query(done, total, message=""):
        if done == 1:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES, stop_at_the_second_query)
    after_the_stop = scorer.asked
    assert after_the_stop == 3
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES)
    with workspace.open() as db:
        sizes = [len(datasets.get_docs(db, birds.id, ["d2"]))]
    assert scorer.asked == after_the_stop + sum(sizes)


def test_a_comparison_says_what_is_still_waiting(workspace, birds, first, cosine):
    before = load_comparison(Experiment(workspace, birds, BM25, (first, cosine)), BIRD_QUERIES[0])
    assert (before.candidates, before.waiting) == (None, ("first-stage", "minilm-cosine"))
    Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], first)
    after = load_comparison(Experiment(workspace, birds, BM25, (first, cosine)), BIRD_QUERIES[0])
    assert after.waiting == ("minilm-cosine",)
    assert set(after.docs) == set(after.candidates.docids)


def test_recall_is_over_graded_queries_at_each_depth(workspace, birds):
    events = [GradeEvent("c", 1, "grade", "q1", "d1", 3), GradeEvent("c", 2, "grade", "q1", "d2", 1)]
    with workspace.write() as db:
        judgments.record(db, birds.id, "ann", events, birds.scale)
    pipeline = Pipeline(workspace)
    assert recall_by_depth(Experiment(workspace, birds, BM25), depths=(10, 20)) == ({}, 1)
    pipeline.candidates(Experiment(workspace, birds, BM25), BIRD_QUERIES[0])
    # d1 is found by its words, d2 is not; nothing was retrieved at 20 yet
    assert recall_by_depth(Experiment(workspace, birds, BM25), depths=(10, 20)) == ({10: 1 / 2}, 1)
    assert recall_by_depth(Experiment(workspace, birds, BM25, level=2), depths=(10,)) == ({10: 1.0}, 1)


def test_people_are_told_the_systems_name_and_not_its_key(workspace, birds, cosine, scorer):
    told = []

    def tell(done, total, message=""):
        told.append(message)

    Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine, tell)
    assert cosine.label in told
    assert not [message for message in told if cosine.key in message]


def test_a_list_that_was_scored_before_needs_no_model(workspace, birds, cosine, scorer, monkeypatch):
    first = Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine).ranking

    def no_model(model, settings, **_):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(pipeline_module, "load", no_model)
    again = (
        Pipeline(workspace).rank(Experiment(workspace, birds, replace(BM25, depth=20)), BIRD_QUERIES[0], cosine).ranking
    )
    assert again.docs == first.docs
    # such a time would say nothing of the model
    assert (first.seconds is not None, again.seconds) == (True, None)


def test_only_a_changed_passage_is_scored_again(workspace, birds, cosine, scorer):
    Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine)
    before = scorer.asked
    with workspace.write() as db:
        db.execute("DELETE FROM ranking")
        db.execute("UPDATE doc SET text = text || ' And more fish.' WHERE docid = 'd1'")
    Pipeline(workspace).rank(Experiment(workspace, birds, BM25), BIRD_QUERIES[0], cosine)
    assert scorer.asked == before + 1


def test_the_index_of_passages_that_are_gone_goes_and_nothing_else(workspace, birds):
    one = Pipeline(workspace)
    one.candidates(Experiment(workspace, birds, BM25), BIRD_QUERIES[0])
    (workspace.index_folder / FOLDER).mkdir()
    remove_passages(workspace, birds.name, ["d1"])
    with workspace.open() as db:
        now = datasets.get_dataset(db, birds.name)
    _, found = one.candidates(Experiment(workspace, now, BM25), BIRD_QUERIES[0])
    assert set(found.docids) == {"d3", "007"}
    assert sorted(folder.name for folder in workspace.index_folder.iterdir()) == sorted([now.fingerprint, FOLDER])
    assert [key[0] for key in one.first_stages._retrievers] == [now.fingerprint]
