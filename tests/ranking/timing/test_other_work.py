"""What other programs have of the machine while something is timed, and times that are taken once more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.measured import BUSY_SHARE, is_rough, time_words
from rerank_core.experiment.runs import record_runs, run_latencies
from rerank_core.ranking import pipeline as pipeline_module
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.timing.measure_again import measure_again
from rerank_core.ranking.timing.other_work import OtherWork, Used, read_used
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.types import Ranking
from tests.conftest import BIRD_QUERIES

WORDS = RetrievalSettings(("bm25",), depth=10)


class Machine:
    """Two processors: what is used is said by the test."""

    def __init__(self) -> None:
        self.now = Used(100.0, 200.0, 50.0, 10.0)

    def passes(self, seconds: float, own: float, others: float) -> None:
        was = self.now
        self.now = Used(was.at + seconds, was.total + 2 * seconds, was.all + own + others, was.own + own)

    def __call__(self) -> Used:
        return self.now


@pytest.fixture
def machine():
    return Machine()


def test_the_share_is_what_others_used_of_all_processors(machine):
    work = OtherWork(machine)
    before = work.look()
    machine.passes(2.0, own=1.5, others=1.0)
    assert work.share_since(before) == pytest.approx(1.0 / 4.0)


def test_alone_on_the_machine_others_had_nothing(machine):
    work = OtherWork(machine)
    before = work.look()
    machine.passes(2.0, own=4.0, others=0.0)
    assert work.share_since(before) == 0.0


def test_a_short_stretch_is_judged_with_the_moments_before_it_and_not_by_long_ago(machine):
    work = OtherWork(machine)
    work.look()
    machine.passes(0.5, own=0.0, others=0.8)
    before = work.look()
    machine.passes(0.01, own=0.01, others=0.0)
    assert work.share_since(before) == pytest.approx(0.8 / 1.02)
    machine.passes(60.0, own=0.0, others=120.0)
    before = work.look()
    machine.passes(0.01, own=0.01, others=0.0)
    assert work.share_since(before) is None


def test_where_the_system_does_not_tell_nothing_is_known():
    work = OtherWork(lambda: None)
    assert work.share_since(work.look()) is None


def test_this_system_tells():
    first = read_used()
    sum(range(2_000_000))
    second = read_used()
    assert first is not None
    assert second.own > first.own
    assert second.total >= first.total


def test_a_time_is_rough_from_a_quarter_of_the_machine_on_and_says_so():
    timed = Ranking("q1", "one", (), 2.5, busy=BUSY_SHARE)
    assert is_rough(timed)
    assert not is_rough(replace(timed, busy=BUSY_SHARE - 0.01))
    assert not is_rough(replace(timed, busy=None))
    assert not is_rough(replace(timed, seconds=None))
    assert time_words(2.5, is_rough(timed)) == "≈ 2,500 ms (measured while busy)"
    assert [time_words(seconds) for seconds in (0.0021, 0.64, 12.34)] == ["2.1 ms", "640 ms", "12.3 s"]


class Longest(Scorer):
    asked = 0

    def score(self, query, texts):
        self.asked += len(texts)
        return [float(len(text)) for text in texts]


@pytest.fixture
def scorer(monkeypatch):
    made = Longest()
    monkeypatch.setattr(
        pipeline_module, "load", lambda model, settings, **_: None if model.id == "first-stage" else made
    )
    return made


@pytest.fixture
def busy(workspace, birds, scorer):
    """Both queries ranked while others had half of the machine; the pipeline, and the experiment."""
    pipeline = Pipeline(workspace)
    pipeline._others.share_since = lambda before: 0.5
    experiment = Experiment.of(workspace, "birds", ["first-stage", "minilm-cosine"], settings=WORDS)
    pipeline.run(experiment, BIRD_QUERIES)
    return pipeline, experiment


def kept(experiment, query):
    with experiment.workspace.open() as db:
        key = experiment.key(query)
        system = experiment.systems[1].key
        return rankings.get_candidates(db, key), rankings.get_rankings(db, [key], [system])[key][system].ranking


def test_what_was_timed_while_busy_is_kept_as_such_in_search_and_ranking(busy):
    _, experiment = busy
    found, ranked = kept(experiment, BIRD_QUERIES[0])
    assert (found.busy, ranked.busy) == (0.5, 0.5)
    assert is_rough(found)
    assert is_rough(ranked)


def test_times_are_taken_again_with_every_passage_scored_and_the_order_as_it_was(busy, scorer):
    pipeline, experiment = busy
    (before, asked) = kept(experiment, BIRD_QUERIES[0])[1], scorer.asked
    pipeline._others.share_since = lambda before: 0.0
    taken = measure_again(pipeline, experiment, BIRD_QUERIES, everything=False)
    found, after = kept(experiment, BIRD_QUERIES[0])
    assert taken == 4  # the search and the model, of two queries
    assert scorer.asked == 2 * asked
    assert (found.busy, after.busy) == (0.0, 0.0)
    assert after.docids == before.docids
    assert after.seconds is not None
    assert after.seconds != before.seconds
    assert measure_again(pipeline, experiment, BIRD_QUERIES, everything=False) == 0
    assert measure_again(pipeline, experiment, BIRD_QUERIES[:1], everything=True) == 2


def test_a_run_has_the_new_times(busy):
    pipeline, experiment = busy
    pipeline._others.share_since = lambda before: 0.0
    old = record_runs(experiment)["minilm-cosine"]
    measure_again(pipeline, experiment, BIRD_QUERIES, everything=False)
    new = record_runs(experiment)["minilm-cosine"]
    assert new.key == old.key
    assert [one.score_seconds for one in new.queries] != [one.score_seconds for one in old.queries]
    assert [one.score_seconds for one in new.queries] == [kept(experiment, q)[1].seconds for q in BIRD_QUERIES]
    assert {time.warmth for time in run_latencies(new) if time.stage == "score"} == {"warm"}
    with experiment.workspace.open() as db:
        assert len(datasets.get_queries(db, experiment.dataset.id)) == len(new.queries)
