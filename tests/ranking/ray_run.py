"""Run by `test_on_ray.py` in a process of its own: a Ray cluster has threads and warnings that no other test wants.

One cluster of this machine. A light model on two workers, of which one is killed in mid-run, a stop, and going on; then
a real model on one worker. Prints what happened as JSON.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

import ray

from rerank_core.errors import CancelledError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.on_ray import Cluster, score_on_cluster
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.scores import StoredScores
from rerank_core.store.workspace import Workspace

WORDS = RetrievalSettings(("bm25",), depth=10)


class LengthScorer:
    """A worker with a model that is quick to load: a score is the text's length."""

    def __init__(self, model, settings):
        pass

    def score(self, shard):
        time.sleep(0.02)  # so that something is under way when a worker is killed
        return [(float(len(text)), 0) for text in shard.texts]


def workers() -> list[int]:
    """The processes of the actors, of the raylet that this process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "cmdline").read_bytes().split(b"\0")[0]
            parent = _parent(folder.name)
        except (OSError, IndexError, ValueError):
            continue
        if name.startswith(b"ray::LengthScorer") and _parent(parent) == str(os.getpid()):
            found.append(int(folder.name))
    return found


def _parent(process: str) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1]


def main(path: str, real: str) -> None:
    workspace = Workspace(Path(path))
    both = Experiment.of(workspace, "many", ["first-stage", "minilm-cosine"], settings=WORDS)
    with workspace.open() as db:
        queries = datasets.get_queries(db, both.dataset.id)
    kept: list[tuple[str, str]] = []
    put_many = StoredScores.put_many

    def counted(self, model, query, scores):
        kept.extend((query, key) for key in scores)
        put_many(self, model, query, scores)

    StoredScores.put_many = counted
    told = {"killed": 0, "stopped_at": 0}

    def kill_once(done: int, total: int, message: str = "") -> None:
        if kept and not told["killed"]:
            told["killed"] = workers()[0]
            os.kill(told["killed"], signal.SIGKILL)
        if told["killed"] and done >= len(queries) // 2:
            raise CancelledError("stopped on request")

    pipeline, two = Pipeline(workspace), Cluster(workers=2)
    ray.init(num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    try:
        score_on_cluster(pipeline, both, queries, two, kill_once, LengthScorer)
    except CancelledError:
        told["stopped_at"] = len(kept)
    told["again"] = score_on_cluster(pipeline, both, queries, two, worker=LengthScorer)
    told["nothing"] = score_on_cluster(pipeline, both, queries, two, worker=LengthScorer)
    told["kept"] = list(kept)
    told["failed"] = pipeline.run(both, queries)
    # the driver ranked what the workers scored, and loaded no model
    told["torch"] = "torch" in sys.modules
    here = Experiment.of(workspace, "many", [real], settings=WORDS, baseline=real)
    told["real"] = score_on_cluster(pipeline, here, queries[:3], Cluster(workers=1))
    ray.shutdown()
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
