"""A run as evidence: what it holds, when it is equal to another, when it is stale, what a stop leaves of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.runs import run_latencies, seconds_a_query, staleness
from rerank_core.ranking import pipeline as pipeline_module
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.runs import Inputs, QueryFacts, Run, get_run, latest_run, list_runs, put_run, stale_reason
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System, get_system
from rerank_core.types import Doc, Query
from tests.conftest import BIRD_QUERIES, BIRDS

ROOT = Path(__file__).resolve().parents[2]
BM25 = RetrievalSettings(retrievers=("bm25",), depth=10)
INPUTS = Inputs("passages", "queries", "retrieval", "candidates", "model")


class LikesLong(Scorer):
    """Likes long texts; writes each pair that it was asked for."""

    def __init__(self):
        self.asked = []

    def score(self, query, texts):
        self.asked += [(query, text) for text in texts]
        return [float(len(text)) for text in texts]


@pytest.fixture
def scorer(monkeypatch):
    made = LikesLong()
    monkeypatch.setattr(
        pipeline_module, "load", lambda model, settings, **_: None if model.id == "first-stage" else made
    )
    return made


@pytest.fixture
def first(workspace):
    return get_system(workspace, "first-stage")


@pytest.fixture
def cosine(workspace):
    return get_system(workspace, "minilm-cosine")


def kept(workspace):
    with workspace.open() as db:
        return list_runs(db)


def some_run(**changes):
    facts = {
        "dataset": "birds",
        "system": "minilm-cosine",
        "system_key": "minilm-cosine@1",
        "inputs": INPUTS,
        "settings": BM25.to_json(),
        "system_settings": {},
        "devices": (),
        "versions": (),
        "started": "2026-01-01T00:00:00.000+00:00",
        "finished": "2026-01-01T00:01:00.000+00:00",
        "queries": (),
    }
    return Run(**facts | changes)


def test_a_run_holds_everything_that_made_it(workspace, birds, first, cosine, scorer):
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (first, cosine)), BIRD_QUERIES)
    run, of_first = kept(workspace)
    assert (run.dataset, run.system, run.system_key) == ("birds", "minilm-cosine", cosine.key)
    assert run.inputs.fingerprint == birds.fingerprint
    assert run.inputs.retrieval == BM25.key()
    assert RetrievalSettings.from_json(run.settings) == BM25
    assert run.inputs.model.startswith("bi-encoder bundled@")
    assert run.devices
    assert run.versions[0]["bm25s"]
    assert run.started <= run.finished
    assert [one.qid for one in run.queries] == ["q1", "q2"]
    assert [one.pairs for one in run.queries] == [3, 1]
    assert [one.score_cold for one in run.queries] == [True, False]
    assert all(one.score_seconds is not None and one.retrieve_seconds is not None for one in run.queries)
    assert [one.retrieve_cold for one in of_first.queries] == [True, False]
    assert {one.score_seconds for one in of_first.queries} == {None}, "the first stage scores nothing"


def test_a_run_reads_back_as_it_was_kept(workspace, birds):
    queries = (QueryFacts("007", 3, 0.01, True, 0.5, None, 0.002, {"tokens": 12.0}), QueryFacts("ü", 0))
    run = some_run(
        queries=queries, devices=("cpu: 2 threads",), versions=({"torch": "2.13.0"},), system_settings={"a": 1}
    )
    with workspace.write() as db:
        made = put_run(db, birds.id, run)
        assert made == replace(run, id=made.id)
        assert get_run(db, made.id) == made
        assert latest_run(db, birds.id, "minilm-cosine") == made
        assert latest_run(db, birds.id, "minilm-cosine", "retrieval") == made
        assert latest_run(db, birds.id, "minilm-cosine", "other") is None
        assert list_runs(db, birds.id, "first-stage") == []


def test_equal_inputs_are_one_run_whatever_the_time(workspace, birds):
    with workspace.write() as db:
        one = put_run(db, birds.id, some_run())
        again = put_run(db, birds.id, some_run(finished="2027-01-01T00:00:00.000+00:00", devices=("cuda",)))
        other = put_run(db, birds.id, some_run(inputs=replace(INPUTS, model="another")))
    assert again == one
    assert (other.id != one.id, other.key != one.key) == (True, True)


def test_equal_data_in_another_workspace_gives_an_equal_key(tmp_path, workspace, birds, cosine, scorer):
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES)
    elsewhere = Workspace(tmp_path / "elsewhere" / "workspace.db")
    with elsewhere.write() as db:
        dataset_id = datasets.begin_dataset(db, "vögel", "tests")
        datasets.add_docs(db, dataset_id, BIRDS)
        datasets.add_queries(db, dataset_id, BIRD_QUERIES)
        datasets.finish_dataset(db, dataset_id, {})
        copy = datasets.get_dataset(db, "vögel")
    Pipeline(elsewhere).run(Experiment(elsewhere, copy, BM25, (cosine,)), BIRD_QUERIES)
    assert kept(elsewhere)[0].key == kept(workspace)[0].key


def test_ranking_again_changes_nothing_and_other_settings_are_another_run(workspace, birds, cosine, scorer):
    for _ in range(2):
        Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES)
    assert len(kept(workspace)) == 1
    Pipeline(workspace).run(Experiment(workspace, birds, replace(BM25, depth=20), (cosine,)), BIRD_QUERIES)
    newer, older = kept(workspace)
    assert newer.key != older.key
    assert {one.score_seconds for one in newer.queries} == {None}, "all of its scores came from the cache"


def test_half_a_set_or_a_failure_is_no_run(workspace, birds, cosine, scorer, monkeypatch):
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES[:1])
    assert kept(workspace) == []
    monkeypatch.setattr(scorer, "score", lambda query, texts: 1 / 0)
    assert Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES) == {"minilm-cosine": 1}
    assert kept(workspace) == []


@pytest.mark.parametrize(
    ("name", "word"),
    [("fingerprint", "passages"), ("queries", "Queries"), ("retrieval", "retrieval"), ("candidates", "candidates"),
     ("model", "model")],
)  # fmt: skip
def test_the_input_that_changed_is_named(name, word):
    assert stale_reason(some_run(), INPUTS) == ""
    assert word in stale_reason(some_run(), replace(INPUTS, **{name: "changed"}))


def test_a_run_grows_stale_with_its_data(workspace, birds, cosine, scorer):
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES)
    (run,) = kept(workspace)
    assert staleness(workspace, run) == ""
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, [Query("q3", "burrows")])
    assert staleness(workspace, run) == "Queries were added or changed since."
    with workspace.write() as db:
        datasets.add_docs(db, birds.id, [Doc("d9", "A new passage.")])
        datasets.finish_dataset(db, birds.id, {})
    assert staleness(workspace, run) == "The dataset's passages changed since."


def test_a_run_of_a_system_that_is_gone_says_so(workspace, birds):
    with workspace.write() as db:
        run = put_run(db, birds.id, some_run(system="mine"))
    assert "gone" in staleness(workspace, run)


def test_the_first_query_after_a_start_is_cold_and_the_rest_is_warm():
    queries = (
        QueryFacts("q1", 10, 0.4, True, 9.0, True),
        QueryFacts("q2", 10, 0.1, False, 1.0, False, 0.1),
        QueryFacts("q3", 20, 0.2, False, 3.0, False, 0.3),
        QueryFacts("q4", 10, 0.1, False, None, None),
    )
    times = {(one.stage, one.warmth): one for one in run_latencies(some_run(queries=queries))}
    assert times["score", "cold"].p50 == 9.0
    assert times["score", "warm"].p50 == (1.0 + 3.0) / 2
    assert times["score", "warm"].pairs_per_second == (10 + 20) / (1.0 + 3.0)
    assert times["tokenize", "warm"].mean == pytest.approx((0.1 + 0.3) / 2)
    assert times["retrieve", "warm"].n == 3
    assert times["total", "cold"].p50 == pytest.approx(0.4 + 9.0)
    assert times["total", "warm"].n == 2, "a query whose scores came from the cache has no total"
    assert seconds_a_query(some_run(queries=queries)) == (1.0 + 3.0) / 2
    assert seconds_a_query(some_run(queries=queries[:1])) is None


def test_the_first_stage_takes_what_its_search_takes():
    queries = (QueryFacts("q1", 10, 0.4, True), QueryFacts("q2", 10, 0.1, False))
    times = {(one.stage, one.warmth): one.p50 for one in run_latencies(some_run(system="first-stage", queries=queries))}
    assert times == {
        ("retrieve", "cold"): 0.4, ("retrieve", "warm"): 0.1, ("total", "cold"): 0.4, ("total", "warm"): 0.1,
    }  # fmt: skip


def test_the_tokenizer_of_a_real_model_is_timed_within_its_scoring(workspace, birds, cosine):
    queries = [*BIRD_QUERIES, Query("q3", "cliffs rivers coast fish")]
    with workspace.write() as db:
        datasets.add_queries(db, birds.id, queries)
        datasets.count_queries(db, birds.id)
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), queries)
    (run,) = kept(workspace)
    assert [one.tokenize_seconds is None for one in run.queries] == [True, False, False], "the cold one is left out"
    assert all(one.tokenize_seconds > 0 for one in run.queries[1:])
    assert run.devices[0].startswith(("cpu", "cuda", "mps"))


SLOW = """
import sys, time
from pathlib import Path
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import pipeline
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system

class Slow(Scorer):
    chunk = 1
    def score(self, query, texts):
        if len(log.read_text().splitlines()) == 4:
            print("busy", flush=True)
            time.sleep(120)
        with log.open("a") as file:
            file.writelines(f"{query}|{text}\\n" for text in texts)
        return [float(len(text)) for text in texts]

space, log = Workspace(sys.argv[1]), Path(sys.argv[2])
pipeline.load = lambda model, settings, **_: Slow()
with space.open() as db:
    dataset = datasets.get_dataset(db, "numbers")
    queries = datasets.get_queries(db, dataset.id)
settings = RetrievalSettings(retrievers=("bm25",), depth=10)
pipeline.Pipeline(space).run(Experiment(space, dataset, settings, (get_system(space, "minilm-cosine"),)), queries)
"""


def test_a_killed_run_goes_on_as_one_run_and_scores_nothing_twice(tmp_path, workspace, scorer):
    """Three queries of three passages; the process is killed while it scores the second passage of the second one."""
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "numbers", "tests")
        datasets.add_docs(db, dataset_id, [Doc(f"d{size}", "fish " * size) for size in (1, 2, 3)])
        datasets.add_queries(db, dataset_id, [Query(qid, f"fish {qid}") for qid in ("a", "b", "c")])
        datasets.finish_dataset(db, dataset_id, {})
        dataset = datasets.get_dataset(db, "numbers")
        queries = datasets.get_queries(db, dataset.id)
    log = tmp_path / "scored"
    log.touch()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(workspace.path), str(log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "busy\n"
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(timeout=20) == -signal.SIGKILL
    process.stdout.close()
    assert kept(workspace) == []
    system = get_system(workspace, "minilm-cosine")
    assert Pipeline(workspace).run(Experiment(workspace, dataset, BM25, (system,)), queries) == {"minilm-cosine": 0}
    before = [tuple(line.split("|")) for line in log.read_text().splitlines()]
    pairs = before + scorer.asked
    assert (len(before), len(scorer.asked), len(set(pairs))) == (4, 5, 9)
    (run,) = kept(workspace)
    timed = [one.score_seconds is not None for one in run.queries]
    assert timed == [True, False, True], "half of the second query came from the cache: its time says nothing"
    assert [one.score_cold for one in run.queries] == [True, None, None]
    assert staleness(workspace, run) == ""


def test_a_query_ranked_before_the_run_has_its_evidence_in_it(workspace, birds, cosine, scorer):
    pipeline = Pipeline(workspace)
    pipeline.run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES[1:])
    pipeline.run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES)
    (run,) = kept(workspace)
    assert {one.qid: one.score_cold for one in run.queries} == {"q1": False, "q2": True}


def test_a_model_that_was_kept_in_the_cache_is_not_called_warm(workspace, birds, cosine, scorer):
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (cosine,)), BIRD_QUERIES)
    renamed = System("again", cosine.model)
    Pipeline(workspace).run(Experiment(workspace, birds, BM25, (renamed,)), BIRD_QUERIES)
    with workspace.open() as db:
        flags = [row[0] for row in db.execute("SELECT cold FROM evidence WHERE system = ?", [renamed.key])]
    assert flags == [None, None]
