"""A workspace made by the commit before the files moved into rooms opens as before: it names no module of ours."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path

import pytest

from rerank_core.judging.plan import load_plan
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs, judgments, rankings, runs
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system

# birds: 4 passages, 2 queries, 3 composites, an imported run, rankings of 6 systems, 2 judges, 8 kinds of jobs
MADE_BEFORE = Path(__file__).parent / "support" / "workspace_before_the_move.sql"
KINDS = ["compare", "run", "recall", "depth", "inspect", "occlude", "warm", "index"]


@pytest.fixture
def older(tmp_path: Path) -> Workspace:
    db = sqlite3.connect(tmp_path / "older.db")
    db.executescript(MADE_BEFORE.read_text(encoding="utf-8"))
    db.close()
    return Workspace(tmp_path / "older.db")


def test_nothing_in_it_names_a_module() -> None:
    assert not re.findall(r"\b(?:rerank_core|pages)\.\w+", MADE_BEFORE.read_text(encoding="utf-8"))


def test_its_systems_plan_grades_and_runs_are_there(older: Workspace) -> None:
    with older.open() as db:
        birds = datasets.get_dataset(db, "birds")
        assert judgments.qrels(db, birds.id) == {"q1": {"d1": 2, "d3": 1}, "q2": {"d2": 2}}
        assert [row["note"] for row in judgments.history(db, birds.id) if row["note"]] == ["names fish"]
        kept = runs.list_runs(db, birds.id)
    plan = load_plan(older, birds)
    assert plan is not None
    assert "first-stage" in plan.systems
    assert {run.system for run in kept} >= {"first-stage", "minilm-cosine", "official first"}
    for name in ("mix", "official first", "two steps", "run:elsewhere"):
        assert get_system(older, name).id == name


def test_rankings_that_need_no_weights_are_found_and_not_made_again(older: Workspace) -> None:
    settings = RetrievalSettings(depth=10)
    with older.open() as db:
        birds = datasets.get_dataset(db, "birds")
        (query, _) = datasets.get_queries(db, birds.id)
        key = rankings.candidates_key(birds.fingerprint, settings.key(), query.text)
        stored = rankings.get_candidates(db, key)
        names = [get_system(older, name).key for name in ("first-stage", "official first")]
        found = rankings.get_rankings(db, [key], names)[key]
    assert stored is not None
    assert stored.docids == ("d3", "007", "d1", "d2")
    assert [found[name].ranking.docids[0] for name in names] == ["d3", "007"]


def test_scores_of_a_local_model_are_kept_under_its_name_and_its_weights_print(older: Workspace) -> None:
    with older.open() as db:
        before = {name for (name,) in db.execute("SELECT model FROM scored_by")}
    models = [get_system(older, name) for name in ("minilm-cosine", "minilm-maxsim")]
    now = {model_key(system.model, system.settings) for system in models}
    # the print of weights holds the time at which pip wrote them, so it differs from machine to machine
    assert {re.sub(r"@\w+", "", name) for name in now} == {re.sub(r"@\w+", "", name) for name in before}


def test_its_jobs_are_read_and_the_waiting_one_is_done(older: Workspace) -> None:
    with older.open() as db:
        assert [jobs.recent(db, kind)[-1].state for kind in KINDS] == ["done"] * len(KINDS)
        (waiting,) = jobs.open_jobs(db)
    assert Worker(older, os.getppid(), Pipeline(older)).step()
    with older.open() as db:
        assert jobs.get(db, waiting.id).state == "done"
