"""SIGKILL inside a whole-set run, again and again: it goes on where it was, and no pair that is kept is scored again.

RERANK_LENS_KILLS: twice as many kills, at most eight one after the other in one run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from rerank_core.corpus.ingest import import_dataset
from rerank_core.experiment.one_query import all_rankings
from rerank_core.store.workspace import Workspace
from tests.support.deaths import KILLS, Deaths
from tests.support.works import RUN_DEPTH, CountedScorer, experiment

QUERIES = 20
IN_ONE_RUN = 8
RUNS = -(-2 * KILLS // IN_ONE_RUN)


@pytest.fixture(scope="module")
def deaths() -> Iterator[Deaths]:
    with Deaths() as process:
        yield process


@pytest.fixture
def made(workspace: Workspace, tmp_path: Path) -> Workspace:
    folder = tmp_path / "made"
    folder.mkdir()
    rows = (f'{{"_id": "d{n}", "text": "tern number {n} dives near the coast"}}\n' for n in range(400))
    (folder / "corpus.jsonl").write_text("".join(rows), encoding="utf-8")
    queries = (f'{{"_id": "q{n}", "text": "which tern has number {n}"}}\n' for n in range(QUERIES))
    (folder / "queries.jsonl").write_text("".join(queries), encoding="utf-8")
    import_dataset(workspace, "made", folder)
    return workspace


def asked(space: Workspace) -> list[tuple[str, ...]]:
    file = space.path.with_name("asked.txt")
    return [tuple(line.split()) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def kept(space: Workspace) -> set[tuple[str, str]]:
    with space.open() as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        return set(db.execute("SELECT query_hash, text_hash FROM score"))


@pytest.mark.parametrize("seed", range(RUNS))
def test_a_run_that_is_killed_again_and_again_scores_no_kept_pair_twice(
    deaths: Deaths, made: Workspace, seed: int
) -> None:
    moments, whole, halves = Random(seed), QUERIES * RUN_DEPTH, 0
    for kill in range(IN_ONE_RUN):
        before, already = kept(made), asked(made)
        # even where everything is kept already a run has more steps than these
        deaths.kill("run", moments.randrange(150, 900), str(made.path))
        assert not before & set(asked(made)[len(already) :]), f"kill {kill}"
        assert before <= kept(made)
        assert len(kept(made)) < whole, "the run was over before this kill: it proves nothing"
        halves += len(kept(made)) % RUN_DEPTH > 0
    before, already = kept(made), asked(made)
    assert halves > 1, "no kill came between the scores of one query"
    deaths.steps_of("run", str(made.path))
    assert set(asked(made)[len(already) :]) | before == kept(made)
    assert len(kept(made)) == whole
    # what was scored again was lost with its kill, at most a batch each
    assert len(asked(made)) - whole <= IN_ONE_RUN * CountedScorer.chunk
    wanted = experiment(made)
    for system in wanted.systems:
        assert len(all_rankings(wanted, system)) == QUERIES
