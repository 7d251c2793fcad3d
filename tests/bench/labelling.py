"""How long a judge's queue takes: 60 queries with a pool of 50 passages each, 5,000 grades by three judges.

    python tests/bench/labelling.py

Prints the median of 50 calls in milliseconds, wall time and this process's CPU time.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rerank_core.judging.judge_queue import Labelling, LabelPlan
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Judgment, Query, Ranking, ScoredDoc

SETTINGS = RetrievalSettings()
SYSTEMS = ("first-stage", "minilm-cosine")
QUERIES, POOL, GRADES, JUDGES = 60, 50, 5_000, 3


def fill(workspace: Workspace) -> datasets.DatasetRow:
    """Rankings whose first 50 are the same passages, and the grades."""
    rng = random.Random(0)
    queries = [Query(f"q{number}", f"query {number}") for number in range(QUERIES)]
    docids = [f"doc-{number}" for number in range(1_000)]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "bench", "made up")
        datasets.add_docs(db, dataset_id, [Doc(docid, docid) for docid in docids])
        datasets.add_queries(db, dataset_id, queries)
        datasets.finish_dataset(db, dataset_id, {})
        row = datasets.get_dataset(db, "bench")
    keys = [get_system(workspace, system).key for system in SYSTEMS]
    pairs = []
    with workspace.write() as db:
        for query in queries:
            found = rng.sample(docids, POOL)
            pairs += [(query.qid, docid) for docid in found]
            key = candidates_key(row.fingerprint, SETTINGS.key(), query.text)
            rankings.put_candidates(db, key, row.id, SETTINGS.to_json(), Ranking(query.qid, "", places(found)))
            for own in keys:
                rng.shuffle(found)
                rankings.put_ranking(db, key, own, Ranking(query.qid, own, places(found)))
        graded = [
            Judgment(*rng.choice(pairs), rng.randrange(4), f"judge{rng.randrange(JUDGES)}", "human", "", "", "")
            for _ in range(GRADES)
        ]
        judgments.import_judgments(db, row.id, graded)
    return row


def places(docids: list[str]) -> tuple[ScoredDoc, ...]:
    """A ranking in this order."""
    return tuple(ScoredDoc(docid, -float(rank), rank) for rank, docid in enumerate(docids, 1))


def timed(name: str, call: Callable[[], object], before: Callable[[], None] = lambda: None) -> None:
    """Print the median of 50 calls; `before` each of them is not timed."""
    wall, cpu = [], []
    for _ in range(50):
        before()
        start, own = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - own)
    print(f"{name:<40} {statistics.median(wall) * 1e3:6.1f} ms wall {statistics.median(cpu) * 1e3:6.1f} ms CPU")


def main() -> None:
    """Fill a workspace and time the calls."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "workspace.db")
        row = fill(workspace)
        plan = LabelPlan(SYSTEMS, SETTINGS.to_json(), depth=POOL)
        labelling, seq = Labelling(workspace, row, "judge0", plan), iter(range(1, 10_000))

        def grade(queue: Labelling = labelling) -> None:
            item = queue.upcoming(1)[0]
            with workspace.write() as db:
                event = GradeEvent("bench", next(seq), "grade", item.qid, item.docid, 1)
                judgments.record(db, row.id, "judge0", [event], row.scale)

        with workspace.open() as db:
            print(f"{judgments.count(db, row.id):,} pairs have a grade in force")
            timed("judgments.in_force, all queries", lambda: judgments.in_force(db, row.id))
            timed("judgments.in_force, one query", lambda: judgments.in_force(db, row.id, "q7"))
            timed("judgments.qrels", lambda: judgments.qrels(db, row.id))
            timed("upcoming + progress, after a grade", lambda: (labelling.upcoming(), labelling.progress()), grade)
            timed("upcoming + progress, nothing new", lambda: (labelling.upcoming(), labelling.progress()))
            timed("a new Labelling, upcoming + progress", lambda: fresh(workspace, row, plan))
            matters = Labelling(workspace, row, "judge0", replace(plan, order="matters", compared=SYSTEMS))
            timed("what matters: upcoming, after a grade", matters.upcoming, lambda: grade(matters))
            timed("what matters: standing, after a grade", matters.standing, lambda: grade(matters))


def fresh(workspace: Workspace, row: datasets.DatasetRow, plan: LabelPlan) -> None:
    """What the first look at the page costs."""
    labelling = Labelling(workspace, row, "judge0", plan)
    labelling.upcoming()
    labelling.progress()


if __name__ == "__main__":
    main()
