"""A dataset on which a blend can learn something that no part of it knows alone, without any model."""

from __future__ import annotations

import random

from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Query

WORDS_ONLY = RetrievalSettings(("bm25",), "rrf", (), depth=10)
_THINGS = ("pump", "valve", "motor", "filter", "switch", "sensor", "belt", "fan", "lamp", "gear")


def numbers_world(
    workspace: Workspace, queries: int = 30, seed: int = 0, graded_right: bool = True, passages: int = 8
) -> Experiment:
    """Queries such as "pump 417": passages say "pump" often and another number, or once and the right one.

    BM25 prefers those that say the word often; the right number is what counts. Of a query's `passages` two are right
    and the others wrong, all graded. `graded_right` False: grades are drawn, so that there is nothing to learn.
    """
    rng = random.Random(seed)
    docs, asked, grades = [], [], {}
    for number in range(queries):
        thing, right = rng.choice(_THINGS), 100 + number
        query = Query(f"q{number:02d}", f"{thing} model {right} {thing}-{number}")
        asked.append(query)
        for place in range(passages):
            docid, is_right = f"{query.qid}-{place}", place >= passages - 2
            shown = right if is_right else rng.randint(500, 999)
            filler = " ".join(
                rng.choice(("new", "used", "red", "steel", "large", "old")) for _ in range(rng.randint(3, 9))
            )
            said = f"{thing}-{number} " * (1 if is_right else rng.randint(3, 5))
            docs.append(Doc(docid, f"{said}{filler} model {shown}"))
            grades[query.qid, docid] = int(is_right) if graded_right else rng.randint(0, 1)
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "numbers", "tests")
        datasets.add_docs(db, dataset_id, docs)
        datasets.add_queries(db, dataset_id, asked)
        datasets.finish_dataset(db, dataset_id, {})
        events = [GradeEvent("c", seq, "grade", *pair, grade) for seq, (pair, grade) in enumerate(grades.items(), 1)]
        judgments.record(db, dataset_id, "ann", events, datasets.get_dataset(db, "numbers").scale)
    return Experiment.of(workspace, "numbers", ["first-stage"], settings=WORDS_ONLY)
