"""SIGKILL inside of grading, import, update, removal and a whole-set run: what was acknowledged is there, nothing half.

Each kill follows a line that the work prints from inside. RERANK_LENS_KILLS: how many moments per kind of work (here 4;
the closing figure was made with more).
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from rerank_core.corpus.ingest import import_dataset
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import all_rankings
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, judgments
from rerank_core.store.workspace import Workspace
from tests.support.killed import kill_after

KILLS = int(os.environ.get("RERANK_LENS_KILLS", "4"))
DOCS, QUERIES = 400, 12
MOMENTS = range(KILLS)

GRADING = """
import sys
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
space = Workspace(sys.argv[1])
client = f"00000000-0000-4000-8000-{int(sys.argv[2]):012d}"
for seq in range(1, 100_000):
    event = GradeEvent(client, seq, "grade", f"q{seq % 12}", f"d{seq % 300}", seq % 4)
    with space.write() as db:
        dataset = datasets.get_dataset(db, "made")
        judgments.record(db, dataset.id, "ann", [event], dataset.scale)
    print(seq, flush=True)
"""
IMPORTING = """
import sys
from pathlib import Path
from rerank_core.corpus import ingest
from rerank_core.store.workspace import Workspace
ingest.import_dataset(Workspace(sys.argv[1]), sys.argv[3], Path(sys.argv[2]), progress=lambda *a: print(a, flush=True))
"""
CHANGING = """
import sys
from pathlib import Path
from rerank_core.corpus.changes import remove_passages, update_passages
from rerank_core.store.workspace import Workspace
change = update_passages if sys.argv[3] == "update" else remove_passages
change(Workspace(sys.argv[1]), "made", Path(sys.argv[2]), progress=lambda *a: print(a, flush=True))
"""
RUNNING = """
import sys
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
space = Workspace(sys.argv[1])
experiment = Experiment.of(space, "made", ["first-stage", "minilm-cosine"], depth=10)
with space.open() as db:
    queries = datasets.get_queries(db, experiment.dataset.id)
Pipeline(space).run(experiment, queries, lambda *a: print(a, flush=True))
"""


def passages(path: Path, count: int, word: str = "tern", start: int = 0) -> Path:
    rows = (
        f'{{"_id": "d{n}", "text": "{word} number {n} dives near the coast"}}\n' for n in range(start, start + count)
    )
    path.write_text("".join(rows), encoding="utf-8")
    return path


@pytest.fixture
def made(workspace: Workspace, tmp_path: Path) -> Workspace:
    folder = tmp_path / "made"
    folder.mkdir()
    passages(folder / "corpus.jsonl", DOCS)
    queries = (f'{{"_id": "q{n}", "text": "which tern has number {n}"}}\n' for n in range(QUERIES))
    (folder / "queries.jsonl").write_text("".join(queries), encoding="utf-8")
    import_dataset(workspace, "made", folder)
    return workspace


def state(workspace: Workspace) -> tuple[list[str], int, int, str]:
    """Visible datasets, their passages as counted and as they lie there, and SQLite's own check of the file."""
    with workspace.open() as db:
        rows = datasets.list_datasets(db)
        lying = db.execute("SELECT count(*) FROM doc WHERE dataset_id IN (SELECT id FROM dataset WHERE name = 'made')")
        (check,) = db.execute("PRAGMA integrity_check").fetchone()
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        return [row.name for row in rows], rows[-1].n_docs, lying.fetchone()[0], check


def test_each_acknowledged_grade_is_there(made: Workspace) -> None:
    moments, acknowledged = Random(1), 0
    for kill in MOMENTS:
        lines = kill_after(moments.randrange(1, 60), GRADING, str(made.path), str(kill))
        acknowledged += len(lines)
        with made.open() as db:
            dataset = datasets.get_dataset(db, "made")
            client = f"00000000-0000-4000-8000-{kill:012d}"
            kept = {row["seq"] for row in judgments.history(db, dataset.id) if row["client_id"] == client}
        assert {int(line) for line in lines} <= kept
        # one more may have been committed that was not said any more
        assert len(kept) <= len(lines) + 1
    assert state(made) == (["made"], DOCS, DOCS, "ok")
    assert acknowledged >= KILLS


def test_no_half_of_an_import_is_seen_and_the_next_one_goes_well(made: Workspace, tmp_path: Path) -> None:
    more, moments = passages(tmp_path / "more.jsonl", 20_000, "gull"), Random(2)
    for _ in MOMENTS:
        kill_after(moments.randrange(1, 4), IMPORTING, str(made.path), str(more), "more")
        assert state(made) == (["made"], DOCS, DOCS, "ok")
    import_dataset(made, "more", more)
    with made.open() as db:
        assert datasets.get_dataset(db, "more").n_docs == 20_000


@pytest.mark.parametrize("kind", ["update", "remove"])
def test_a_change_is_whole_or_has_not_been(made: Workspace, tmp_path: Path, kind: str) -> None:
    if kind == "update":
        source = passages(tmp_path / "update.jsonl", 20_000, "gull", DOCS - 100)
        whole = DOCS - 100 + 20_000
    else:
        source = tmp_path / "ids.txt"
        source.write_text("".join(f"d{n}\n" for n in range(300)), encoding="utf-8")
        whole = DOCS - 300
    moments, outcomes = Random(3), []
    for kill in MOMENTS:
        copy = Workspace(tmp_path / f"copy{kill}.db")
        with made.open() as db, closing(sqlite3.connect(copy.path)) as target:
            db.conn.backup(target)
        kill_after(moments.randrange(1, 3), CHANGING, str(copy.path), str(source), kind)
        _, counted, lying, check = state(copy)
        assert (lying, check) == (counted, "ok")
        outcomes.append(counted)
    assert set(outcomes) <= {DOCS, whole}
    # else no kill would have come before the end
    assert DOCS in outcomes


def test_a_run_goes_on_where_it_was_killed_and_scores_no_pair_twice(made: Workspace) -> None:
    moments = Random(4)
    scored = []
    for _ in MOMENTS:
        kill_after(moments.randrange(1, QUERIES), RUNNING, str(made.path))
        with made.open() as db:
            scored.append({tuple(row) for row in db.execute("SELECT query_hash, text_hash, made FROM score")})
        assert state(made)[3] == "ok"
    experiment = Experiment.of(made, "made", ["first-stage", "minilm-cosine"], depth=10)
    with made.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    assert Pipeline(made).run(experiment, queries) == {"first-stage": 0, "minilm-cosine": 0}
    with made.open() as db:
        last = {tuple(row) for row in db.execute("SELECT query_hash, text_hash, made FROM score")}
    # a pair that was scored again would have another time
    assert all(before <= last for before in scored)
    assert len(last) == 10 * QUERIES
    for system in experiment.systems:
        assert len(all_rankings(experiment, system)) == QUERIES
