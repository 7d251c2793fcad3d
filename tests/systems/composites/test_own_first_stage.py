"""A system with a first stage of its own ranks its own candidates, whatever the others are compared over."""

from __future__ import annotations

import pytest

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.spec import Cascade, OwnFirstStage, Stage
from rerank_core.systems.composites.spec_json import from_json, to_json
from rerank_core.systems.systems import add_composite, get_system
from rerank_core.types import Query, Ranking, ScoredDoc
from tests.conftest import BIRD_QUERIES

WORDS = RetrievalSettings(("bm25",), depth=10)
STRONGER = RetrievalSettings(("bm25",), depth=12, k1=2.0, b=0.0)


@pytest.fixture
def own(workspace, birds):
    add_composite(workspace, "words alone", OwnFirstStage("first-stage", STRONGER))
    return get_system(workspace, "words alone")


def test_it_finds_its_own_candidates_and_keeps_them(workspace, birds, own):
    experiment = Experiment.of(workspace, "birds", ["first-stage", "words alone"], settings=WORDS)
    pipeline, query = Pipeline(workspace), BIRD_QUERIES[0]
    _, theirs = pipeline.candidates(Experiment(workspace, birds, STRONGER), query)
    ranking = pipeline.rank(experiment, query, own).ranking
    assert ranking.system == own.key
    assert [(doc.docid, doc.score) for doc in ranking.docs] == [(doc.docid, doc.score) for doc in theirs.docs]
    _, others = pipeline.candidates(experiment, query)
    assert [doc.score for doc in ranking.docs] != [doc.score for doc in others.docs]


def test_the_filters_of_the_view_are_a_part_of_the_question(workspace, birds, own):
    filtered = RetrievalSettings(("bm25",), depth=10, filters=(("kind", ("bird",)),))
    experiment = Experiment.of(workspace, "birds", ["words alone"], settings=filtered, baseline="words alone")
    ranking = Pipeline(workspace).rank(experiment, BIRD_QUERIES[0], own).ranking
    assert ranking.docids == ("007",)
    with pytest.raises(SettingsError, match="those of the view are used"):
        OwnFirstStage("first-stage", filtered)


def test_it_is_written_and_read_as_json(own):
    assert from_json(to_json(own.spec)) == own.spec
    assert own.model.note == "first-stage over 12 candidates of bm25"
    with pytest.raises(SettingsError, match="Unknown retrieval settings: dept"):
        from_json('{"kind": "own-first-stage", "system": "first-stage", "settings": {"dept": 10}}')


def test_other_settings_are_another_system(workspace, own):
    add_composite(workspace, "deeper words", OwnFirstStage("first-stage", RetrievalSettings(("bm25",), depth=20)))
    assert get_system(workspace, "deeper words").made_of != own.made_of


def test_it_cannot_be_given_candidates_so_it_is_no_part_of_another_system(workspace, own):
    with pytest.raises(SettingsError, match="'words alone' finds its own candidates"):
        add_composite(workspace, "both", Cascade((Stage("words alone", 5), Stage("minilm-cosine"))))
    given = Ranking("q1", "first-stage", (ScoredDoc("d1", 1.0, 1),))
    with pytest.raises(SettingsError, match="cannot be given any"):
        apply(own.spec, Query("q1", "x"), given, {}, lambda member, part: part)
