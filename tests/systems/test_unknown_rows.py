"""Rows of a newer version, or of nobody: each says that it is not known, and leaves all others alone."""

from __future__ import annotations

import json

import pytest

from rerank_core.__main__ import main
from rerank_core.errors import NotReadyError, RerankLensError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, jobs, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.composites.spec import Blend, Cascade, Member, Stage
from rerank_core.systems.systems import add_composite, all_systems, get_system
from rerank_core.types import Query

HUGE = "1" + "0" * 400
ROWS = {
    "newer model": ("a-model-of-a-newer-version", "{}"),
    "no family": ("thing:some-org/some-model", "{}"),
    "no model": ("", "{}"),
    "no JSON": ("minilm-cosine", "{"),
    "no settings": ("minilm-cosine", ""),
    "a list": ("minilm-cosine", "[1]"),
    "null": ("minilm-cosine", "null"),
    "bytes": ("minilm-cosine", b"\xff\xfe"),
    "deep": ("minilm-cosine", "[" * 100_000),
    "unknown setting": ("minilm-cosine", '{"colour": "blue"}'),
    "out of range": ("cross-encoder:some-org/some-model", '{"max_length": -5}'),
    "of another type": ("cross-encoder:some-org/some-model", '{"max_length": {"a": []}}'),
    "huge": ("cross-encoder:some-org/some-model", f'{{"max_length": {HUGE}}}'),
    "newer composite": ("composite", '{"kind": "tournament"}'),
    "composite, no JSON": ("composite", "nonsense"),
    "composite, a list": ("composite", "[]"),
    "composite, huge": (
        "composite",
        f'{{"kind": "blend", "members": [{{"system": "first-stage", "weight": {HUGE}}}]}}',
    ),
    "composite, a pattern": (
        "composite",
        json.dumps(
            {
                "kind": "router",
                "default": "first-stage",
                "rules": [{"when": {"regex": "a{99999999999999}"}, "system": "x"}],
            }
        ),
    ),
}


@pytest.fixture
def hostile(workspace, birds):
    """A workspace with every row at once, and two systems of ours beside them."""
    add_composite(workspace, "mix", Blend((Member("first-stage"), Member("minilm-cosine"))))
    with workspace.write() as db:
        for name, (model, settings) in ROWS.items():
            db.execute("INSERT INTO system VALUES (?, ?, ?, '2030')", [name, model, settings])
    return workspace


def test_each_of_them_is_listed_as_not_known_and_the_others_stay(hostile):
    systems = {system.id: system for system in all_systems(hostile)}
    for name in ROWS:
        assert systems[name].problem.startswith("Not known to this version: "), name
        assert (systems[name].state.kind, systems[name].leaves, systems[name].scored_by) == ("not-known", (), None)
        assert systems[name].key
    assert systems["mix"].problem == ""
    assert systems["first-stage"].state.ready


def test_the_problem_says_what_it_is(hostile):
    problems = {name: get_system(hostile, name).problem for name in ROWS}
    assert "'a-model-of-a-newer-version'" in problems["newer model"]
    assert "its settings are no JSON" in problems["no JSON"]
    assert "has no setting colour" in problems["unknown setting"]
    assert "tournament" in problems["newer composite"]


def test_a_composite_of_one_that_is_not_known_says_so_too(hostile):
    with hostile.write() as db:
        spec = {"kind": "cascade", "stages": [{"system": "newer model", "keep": None}]}
        db.execute("INSERT INTO system VALUES ('on top', 'composite', ?, '2031')", [json.dumps(spec)])
    top = get_system(hostile, "on top")
    assert "newer model" in top.problem
    assert top.state.kind == "not-found"


def test_one_that_is_not_known_ranks_nothing_and_the_others_rank(hostile, birds):
    settings = RetrievalSettings(("bm25",), "rrf", (), depth=10)
    experiment = Experiment.of(hostile, "birds", ("first-stage", "newer model", "no JSON"), settings=settings)
    failed = Pipeline(hostile).run(experiment, [Query("q1", "who eats fish")])
    assert failed == {"first-stage": 0, "newer model": 1, "no JSON": 1}


def test_a_composite_does_not_take_the_name_of_one_that_is_not_known(hostile):
    with pytest.raises(SettingsError, match="name of its own"):
        add_composite(hostile, "newer model", Cascade((Stage("first-stage"),)))


def test_a_dataset_that_is_not_known_is_named_and_the_others_stay(workspace, birds):
    bad = {
        "s1": ("{", "{}"),
        "s2": ('{"x": "y"}', "{}"),
        "s3": ('{"0": 1}', "{}"),
        "s4": ("{}", "{}"),
        "s5": ("[]", "{}"),
    }
    with workspace.write() as db:
        for name, (scale, report) in (bad | {"r1": ('{"0": "no"}', "["), "r2": ('{"0": "no"}', "7")}).items():
            dataset_id = datasets.begin_dataset(db, name, "tests")
            datasets.finish_dataset(db, dataset_id, {})
            db.execute("UPDATE dataset SET scale = ?, report = ? WHERE id = ?", [scale, report, dataset_id])
    with workspace.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == ["birds"]
        assert set(datasets.unreadable_datasets(db)) == {*bad, "r1", "r2"}
        with pytest.raises(RerankLensError, match="'s1' is not known to this version"):
            datasets.get_dataset(db, "s1")


def test_it_is_not_ready(hostile):
    settings = RetrievalSettings(("bm25",), "rrf", (), depth=10)
    with hostile.open() as db:
        dataset = datasets.get_dataset(db, "birds")
    answer = Pipeline(hostile).rank(
        Experiment(hostile, dataset, settings), Query("q1", "who eats fish"), get_system(hostile, "newer model")
    )
    assert answer.ranking is None
    assert NotReadyError.__name__ not in answer.error
    assert "Not known to this version" in answer.error


def test_grades_that_are_not_known_count_nowhere_and_are_named(workspace, birds, capsys):
    with workspace.write() as db:
        events = [GradeEvent("a", 1, "grade", "q1", "d1", 1), GradeEvent("a", 2, "grade", "q1", "d2", 0)]
        judgments.record(db, birds.id, "me", events, birds.scale)
        db.execute("UPDATE judgment SET grade = 'much' WHERE docid = 'd1'")
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {"q1": {"d2": 0}}
        assert [row["docid"] for row in judgments.history(db, birds.id)] == ["d2"]
        assert judgments.unreadable(db, birds.id) == 1
    assert main(["--workspace", str(workspace.path), "datasets"]) == 0
    assert "'birds': 1 entry of the grading history cannot be read" in capsys.readouterr().out


def test_a_ranking_that_is_not_known_is_a_failure_that_can_be_tried_again(workspace, birds):
    experiment = Experiment(workspace, birds, RetrievalSettings(("bm25",), depth=10))
    query, system = Query("q1", "who eats fish"), get_system(workspace, "first-stage")
    whole = Pipeline(workspace).rank(experiment, query, system)
    with workspace.write() as db:
        db.execute("UPDATE ranking SET docs = '[1]'")
    with workspace.open() as db:
        kept = rankings.get_rankings(db, [experiment.key(query)], [system.key])[experiment.key(query)][system.key]
    assert (kept.ranking, kept.error) == (None, rankings.NOT_READABLE)
    with workspace.write() as db:
        rankings.forget_failures(db, system.key)
    assert Pipeline(workspace).rank(experiment, query, system) == whole


def test_a_job_that_is_not_known_fails_and_says_so(workspace):
    with workspace.write() as db:
        ids = [jobs.submit(db, "a newer kind", {}), jobs.submit(db, "compare", {}), jobs.submit(db, "run", {"x": 1})]
        db.execute("UPDATE job SET params = '{' WHERE id = ?", [ids[2]])
    worker = Worker(workspace, 0, Pipeline(workspace))
    while worker.step():
        pass
    with workspace.open() as db:
        ended = [jobs.get(db, one) for one in ids]
    assert [job.state for job in ended] == ["failed"] * 3
    assert all("not known to this version" in job.message for job in ended)
