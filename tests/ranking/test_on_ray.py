"""A local Ray cluster: two workers, one killed in mid-run, a stop, and the same scores as here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from rerank_core.__main__ import main
from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.on_ray import Cluster
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.load import load
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.systems.systems import add_variant
from rerank_core.types import Doc, Query
from tests.conftest import ROOT
from tests.rerankers.reference import tiny_models

WORDS = RetrievalSettings(("bm25",), depth=10)
QUERIES = 24


@pytest.fixture
def many(workspace):
    """Queries of ten passages each."""
    docs = [Doc(f"d{number}", f"bird{number % QUERIES} sings line {number} of its song") for number in range(240)]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "many", "tests")
        datasets.add_docs(db, dataset_id, docs)
        datasets.add_queries(db, dataset_id, [Query(f"q{place}", f"bird{place}") for place in range(QUERIES)])
        datasets.finish_dataset(db, dataset_id, {})
        return datasets.get_dataset(db, "many")


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")
def test_a_worker_dies_the_run_is_stopped_and_every_pair_is_scored_once_as_here(workspace, many, tmp_path):
    folder = tiny_models.bert(tmp_path / "tiny")
    add_variant(workspace, "tiny", f"cross-encoder:{folder}", {})
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ranking.ray_run", str(workspace.path), "tiny"],
        capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    pairs = [tuple(pair) for pair in told["kept"]]
    assert told["killed"] > 0
    assert 0 < told["stopped_at"] < 10 * QUERIES
    assert told["again"] == 10 * QUERIES - told["stopped_at"]
    assert told["nothing"] == 0
    assert len(pairs) == len(set(pairs)) == 10 * QUERIES
    assert told["failed"] == {"first-stage": 0, "minilm-cosine": 0}
    assert not told["torch"]
    # the light model's scores are lengths, and the rankings are by them
    with workspace.open() as db:
        queries = datasets.get_queries(db, many.id)
        texts = {
            doc.docid: doc.content for doc in datasets.get_docs(db, many.id, [f"d{n}" for n in range(240)]).values()
        }
    pipeline = Pipeline(workspace)
    light = Experiment.of(workspace, "many", ["minilm-cosine"], settings=WORDS)
    for query in queries:
        docs = pipeline.rank(light, query, light.systems[0]).ranking.docs
        assert [doc.score for doc in docs] == sorted((len(texts[doc.docid]) for doc in docs), reverse=True)
    # a real one's are those of this process
    real = Experiment.of(workspace, "many", ["tiny"], settings=WORDS)
    (system,) = real.systems
    assert told["real"] == 30
    there = [pipeline.rank(real, query, system).ranking for query in queries[:3]]
    assert not pipeline._scorers
    for query, ranking in zip(queries, there, strict=False):
        found = [doc.docid for doc in ranking.docs]
        scores = load(system.model, system.settings).score(query.text, [texts[docid] for docid in found])
        assert [doc.score for doc in ranking.docs] == pytest.approx(scores, abs=1e-6)


def test_what_is_no_cluster_is_refused():
    with pytest.raises(SettingsError, match="ray://HOST"):
        Cluster("10.0.0.1:6379")
    with pytest.raises(SettingsError, match="1 to 1,000 workers"):
        Cluster(workers=0)


def test_the_verb_says_what_is_no_cluster_and_starts_none_where_nothing_is_scored_there(workspace, many, capsys):
    words = [
        "--workspace",
        str(workspace.path),
        "run",
        "--dataset",
        "many",
        "--systems",
        "first-stage",
        "--depth",
        "10",
    ]
    words += ["--retrievers", "bm25"]
    assert main([*words, "--on", "10.0.0.1:6379"]) == 2
    assert "ray://HOST:10001" in capsys.readouterr().err
    assert main([*words, "--on", "ray://127.0.0.1:1", "--workers", "4", "--gpus", "0.5"]) == 0
    assert "first-stage" in capsys.readouterr().out
