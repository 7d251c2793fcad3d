"""Times and costs of systems, from what the workspace holds."""

from __future__ import annotations

import pytest

from rerank_core.errors import SettingsError
from rerank_core.experiment.efficiency import efficiencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.runs import record_runs
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import rankings
from rerank_core.store.rankings import candidates_key
from rerank_core.systems.systems import get_system
from rerank_core.types import Ranking
from tests.conftest import BIRD_QUERIES
from tests.support.whole_sets import ranking

SETTINGS = RetrievalSettings(retrievers=("bm25",))


@pytest.fixture
def systems(workspace):
    return [get_system(workspace, name) for name in ("first-stage", "minilm-cosine")]


@pytest.fixture
def timed(workspace, birds, systems):
    """Two queries, found in 10 ms and scored in 200 and 400 ms."""
    with workspace.write() as db:
        for query, seconds in zip(BIRD_QUERIES, (0.2, 0.4), strict=True):
            key = candidates_key(birds.fingerprint, SETTINGS.key(), query.text)
            found = ranking(query.qid, "first-stage", ["d1", "d3"], 0.01)
            rankings.put_candidates(db, key, birds.id, SETTINGS.to_json(), found)
            rankings.put_ranking(db, key, systems[0].key, found)
            scored = Ranking(query.qid, systems[1].key, found.docs, seconds)
            rankings.put_ranking(db, key, systems[1].key, scored)


def read(workspace, birds, systems):
    experiment = Experiment(workspace, birds, SETTINGS, tuple(systems))
    return efficiencies(experiment, load_whole_set(experiment))


def test_without_a_run_the_times_are_those_of_the_rankings_and_nobody_knows_which_were_cold(
    workspace, birds, systems, timed
):
    found = read(workspace, birds, systems)
    own, first = found["minilm-cosine"], found["first-stage"]
    assert (own.run_id, own.whole.warmth, own.whole.n) == (None, "not known", 2)
    assert own.whole.p50 == pytest.approx((0.21 + 0.41) / 2)
    assert own.scoring == pytest.approx((0.2 + 0.4) / 2)
    assert first.whole.p50 == pytest.approx(0.01)
    assert [one.stage for one in first.stages] == ["retrieve", "total"]


def test_a_run_that_covers_all_queries_stands_behind_the_times(workspace, birds, systems, timed):
    runs = record_runs(Experiment(workspace, birds, SETTINGS, tuple(systems)))
    found = read(workspace, birds, systems)["minilm-cosine"]
    assert (found.run_id, found.stale) == (runs["minilm-cosine"].id, "")
    assert found.whole.mean == pytest.approx((0.21 + 0.41) / 2)


def test_a_local_system_costs_its_share_of_the_hour_once_the_price_is_known(workspace, birds, systems, timed):
    found = read(workspace, birds, systems)["minilm-cosine"]
    assert found.cost(None) is None
    assert found.cost(1.2) == pytest.approx(1000 * 0.3 * 1.2 / 3600)
    with pytest.raises(SettingsError):
        found.cost(-1.0)


def test_what_was_not_timed_has_no_time_and_no_cost(workspace, birds, systems):
    found = read(workspace, birds, systems)["minilm-cosine"]
    assert (found.stages, found.whole, found.cost(1.2)) == ((), None, None)
