"""While an index of meaning is made there is what words alone find, marked as such, and it counts for nothing else."""

from __future__ import annotations

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import first_look, load_comparison
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.ranking import first_stages
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.side_by_side import rank_side_by_side
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.systems import add_variant
from tests.conftest import BIRD_QUERIES

BOTH = RetrievalSettings(depth=10)
QUERY = BIRD_QUERIES[0]


@pytest.fixture
def experiment(workspace, birds):
    return Experiment.of(workspace, "birds", ["first-stage", "minilm-cosine"], settings=BOTH)


def test_words_are_there_before_the_first_vector_and_are_replaced_by_both(workspace, experiment, monkeypatch):
    monkeypatch.setattr(first_stages, "SOON_EMBEDDED", 4)  # so that its four passages are many
    seen = []

    def look(done, total, message=""):
        if message == "Preparing birds (once)":  # its vectors
            seen.append((first_look(experiment, QUERY), load_whole_set(experiment)))

    rank_side_by_side(Pipeline(workspace), experiment, QUERY, look)
    for_now, whole = seen[0]
    assert for_now.words_only
    assert set(for_now.answers) == {"first-stage", "minilm-cosine"}
    assert for_now.waiting == experiment.ids  # what is asked for is still to come
    assert {name for doc in for_now.candidates.docs for name in doc.found_by} == {"bm25"}
    assert not whole.candidates
    assert all(not answers for answers in whole.answers.values())
    then = first_look(experiment, QUERY)
    assert not then.words_only
    assert not then.waiting
    assert {name for doc in then.candidates.docs for name in doc.found_by} == {"bm25", "dense"}
    assert load_whole_set(experiment).answers["minilm-cosine"].keys() == {"q1"}


def test_with_the_index_there_nothing_is_found_by_words_alone(workspace, experiment):
    pipeline = Pipeline(workspace)
    pipeline.retriever(experiment.dataset, BOTH)
    rank_side_by_side(pipeline, experiment, QUERY)
    assert load_comparison(experiment.by_words(), QUERY).candidates is None
    assert not first_look(experiment, QUERY).words_only


def test_a_service_is_not_paid_for_an_order_that_is_replaced_soon(workspace, birds, monkeypatch):
    add_variant(workspace, "server", "http-rerank", {"base_url": "http://127.0.0.1:9"})
    experiment = Experiment.of(workspace, "birds", ["first-stage", "server"], settings=BOTH)
    ranked, run = [], Pipeline.run
    monkeypatch.setattr(
        Pipeline,
        "run",
        lambda self, one, *rest: ranked.append((one.settings.retrievers, one.ids)) or run(self, one, *rest),
    )
    rank_side_by_side(Pipeline(workspace), experiment, QUERY)
    assert ranked[0] == (("bm25",), ("first-stage",))


def test_words_alone_or_meaning_alone_have_nothing_to_show_before(workspace, birds):
    for retrievers in (("bm25",), ("dense",)):
        experiment = Experiment.of(workspace, "birds", settings=RetrievalSettings(retrievers, depth=10))
        assert experiment.by_words() is None
        assert first_look(experiment, QUERY).candidates is None


def test_while_an_index_is_made_its_passages_are_counted_and_not_the_rankings_that_wait_for_it(workspace, experiment):
    told = []
    Pipeline(workspace).run(experiment, BIRD_QUERIES, lambda *one: told.append(one))
    prepared = [(done, total, message) for done, total, message in told if message.startswith("Preparing birds (once)")]
    assert prepared
    assert {total for _, total, _ in prepared} == {4}
    assert not [message for _, _, message in prepared if " of " in message]
