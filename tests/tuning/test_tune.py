"""A search over kept lists and scores: what it says, what it lacks, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from rerank_core.errors import SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, rankings
from rerank_core.store.tuned_systems import tuned_facts
from rerank_core.systems.composites.spec import Blend, Cascade, OwnFirstStage, Stage
from rerank_core.systems.systems import add_composite, get_system
from rerank_core.tuning.inputs import pool_experiment, what_is_missing
from rerank_core.tuning.record import record, save_winner, winner
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.tuning.tune import tune
from tests.support.searched_worlds import SMALL, searched_world

COSINE, MAXSIM = "minilm-cosine", "minilm-maxsim"


def test_a_reranker_that_helps_is_worth_it_and_noise_is_not(workspace):
    helps = tune(searched_world(workspace, [COSINE], help_of=4.0), space=SMALL)
    assert helps.sentence.startswith("Worth it: tuned MiniLM bi-encoder (cosine) beats the tuned first stage by +0.")
    assert "holds in 100 % of the splits" in helps.sentence
    assert "It costs" in helps.sentence
    system = helps.systems[1]
    assert system.corrected.low > 0
    assert helps.systems[0].system == "first-stage"


def test_a_reranker_of_noise_is_not_worth_it(workspace):
    found = tune(searched_world(workspace, [COSINE], help_of=0.0), space=SMALL)
    assert found.systems[1].answer.outcome != "worth it"
    assert len(found.noise)


def test_the_same_seed_gives_the_same_answer(workspace):
    experiment = searched_world(workspace, [COSINE, MAXSIM], help_of=2.0)
    assert record(tune(experiment, space=SMALL, seed=4)) == record(tune(experiment, space=SMALL, seed=4))


def test_without_a_reranker_it_says_what_tuning_the_first_stage_is_worth(workspace):
    found = tune(searched_world(workspace, [], help_of=0.0), space=SMALL)
    assert found.sentence.startswith("Tuning the first stage gains")
    assert [row["delta"] for row in found.rows()] == [None]


def test_too_few_graded_queries_cannot_be_held_out(workspace):
    experiment = searched_world(workspace, [COSINE], help_of=1.0, queries=12)
    with pytest.raises(SettingsError, match=r"12 queries have grades, and 20 are needed\. Grade 8 more\."):
        tune(experiment, space=SMALL)


def test_what_is_missing_is_told_without_reading_a_list(workspace, monkeypatch):
    experiment = searched_world(workspace, [COSINE], help_of=1.0)
    read = Mock(side_effect=AssertionError("a list was read"))
    for name in ("_load", "_docids"):
        monkeypatch.setattr(f"rerank_core.store.rankings.{name}", read)
    assert what_is_missing(experiment, SMALL).nothing
    with pytest.raises(AssertionError):
        tune(experiment, space=SMALL)


def test_what_is_missing_is_counted_in_pairs(workspace):
    experiment = searched_world(workspace, [COSINE], help_of=1.0)
    assert what_is_missing(experiment, SMALL).nothing
    deeper = replace(SMALL, depths=(10, 30))
    missing = what_is_missing(experiment, deeper)
    # 30 queries, a pool of at most 40 passages: the dataset has no more
    assert (missing.queries, missing.pairs) == (30, {COSINE: 1200})
    label = get_system(workspace, COSINE).label
    assert missing.sentence().endswith(f" {label}: 1,200 pairs, time not measured yet.")
    with pytest.raises(SettingsError, match="Nothing can be searched yet: 30 queries are not ranked deep enough"):
        tune(experiment, space=deeper)


def test_a_query_on_which_a_system_failed_is_left_out_and_counted(workspace):
    experiment = searched_world(workspace, [COSINE], help_of=4.0)
    cosine = get_system(workspace, COSINE)
    pool = pool_experiment(experiment, SMALL, [cosine])
    with workspace.write() as db:
        query = datasets.get_queries(db, experiment.dataset.id)[0]
        rankings.put_ranking(db, pool.key(query), cosine.key, None, "no room")
    found = tune(experiment, space=SMALL)
    assert (len(found.qids), found.left_out) == (29, 1)
    missing = what_is_missing(experiment, SMALL)
    assert missing.failed == {COSINE: 1}
    assert missing.failures() == [f"{cosine.label} failed on 1 query; left out of the search."]


def test_a_measure_that_reads_more_than_the_first_passages_is_refused(workspace):
    experiment = searched_world(workspace, [COSINE], help_of=1.0)
    with pytest.raises(SettingsError, match="AP cannot be searched; choose a measure such as nDCG@10"):
        tune(experiment, "AP", SMALL)


def test_a_system_made_of_systems_is_searched_by_its_members(workspace):
    experiment = searched_world(workspace, [COSINE, MAXSIM], help_of=3.0)
    add_composite(workspace, "two steps", Cascade((Stage(COSINE, 10), Stage(MAXSIM))))
    cascade = replace(experiment, systems=(get_system(workspace, "two steps"),), baseline="two steps")
    found = record(tune(cascade, space=replace(SMALL, keeps=(5, 8))))
    assert winner(found, "two steps").setting.reranking.keep in (5, 8)
    kept = save_winner(workspace, found, "two steps", "tuned steps", "world")
    assert isinstance(get_system(workspace, kept).spec, OwnFirstStage)
    add_composite(workspace, "both", Blend((*_members(COSINE, MAXSIM),)))
    with pytest.raises(SettingsError, match="both is made of systems"):
        tune(replace(experiment, systems=(get_system(workspace, "both"),), baseline="both"), space=SMALL)


def test_a_winner_is_a_system_that_carries_the_mark_of_its_queries(workspace):
    experiment = searched_world(workspace, [COSINE], help_of=4.0)
    found = record(tune(experiment, space=SMALL))
    kept = save_winner(workspace, found, COSINE, "best here", "world")
    system = get_system(workspace, kept)
    chosen = winner(found, COSINE).setting
    assert system.spec.settings.depth == chosen.first.depth
    assert system.spec.settings.retrievers == chosen.first.lists
    with workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
        facts = tuned_facts(db, kept)
    assert facts["answer"] == "worth it"
    assert chosen_on_queries(replace(experiment, systems=(system,), baseline=kept), queries) == {kept: 30}
    assert chosen_on_queries(experiment, queries) == {}


def test_a_system_that_is_replaced_loses_the_mark(workspace):
    experiment = searched_world(workspace, [COSINE], help_of=4.0)
    found = record(tune(experiment, space=SMALL))
    kept = save_winner(workspace, found, COSINE, "mine", "world")
    add_composite(workspace, kept, Blend((*_members(COSINE, MAXSIM),)), replace=True)
    with workspace.open() as db:
        assert tuned_facts(db, kept) is None


def test_the_five_questions_have_their_numbers(workspace):
    found = record(tune(searched_world(workspace, [COSINE], help_of=4.0), space=SMALL))
    assert [question["speaks_for"] for question in found["questions"]][2] is False
    assert "40 passages" in found["questions"][2]["answer"]
    assert "30 queries" in found["questions"][0]["answer"]


def test_a_space_names_what_it_does_not_know():
    assert SearchSpace.from_dict({"depths": [10, 20]}).depths == (10, 20)
    with pytest.raises(SettingsError, match="A search has no 'depth'"):
        SearchSpace.from_dict({"depth": 10})
    with pytest.raises(SettingsError, match="0 is no depth"):
        SearchSpace(depths=(0,))
    with pytest.raises(SettingsError, match="one list or two"):
        SearchSpace(lists=(("bm25", "bm25"),))


def test_settings_are_drawn_when_there_are_too_many_and_what_is_set_now_is_always_first(workspace):
    experiment: Experiment = searched_world(workspace, [COSINE], help_of=1.0)
    found = tune(experiment, space=SMALL)
    assert found.systems[1].settings == 60
    space = SearchSpace(most=50)
    first = space.first_stages(found.baseline.best.first, seed=1)
    assert len(first) == 50 == len(set(first))
    assert first[0].first == found.baseline.best.first
    assert first == space.first_stages(found.baseline.best.first, seed=1)
    assert first != space.first_stages(found.baseline.best.first, seed=2)


def _members(*systems: str):
    from rerank_core.systems.composites.spec import Member

    return [Member(system) for system in systems]
