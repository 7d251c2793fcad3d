"""Where nothing can be compared, it is said what is ranked, which options ask for that, and what to run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.__main__ import main
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.ranked_by_now import what_is_ranked
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.composites.spec import Blend, Member
from rerank_core.systems.systems import add_composite
from tests.conftest import BIRD_QUERIES

WORDS = RetrievalSettings(("bm25",), depth=50)


@pytest.fixture
def graded(workspace, birds):
    with workspace.write() as db:
        judgments.record(db, birds.id, "me", [GradeEvent("c", 1, "grade", "q1", "d1", 2)], birds.scale)
    return birds


@pytest.fixture
def ranked(workspace, graded):
    """The first stage has ranked both queries, with words alone, at depth 50."""
    Pipeline(workspace).run(Experiment.of(workspace, "birds", ["first-stage"], settings=WORDS), BIRD_QUERIES)
    return graded


def asked(workspace, *systems, **settings):
    return what_is_ranked(
        Experiment.of(workspace, "birds", systems or ("first-stage",), settings=replace(WORDS, **settings))
    )


def test_nothing_is_said_where_a_graded_query_is_ranked(workspace, ranked):
    assert asked(workspace) == ""
    assert asked(workspace, rrf_k=30, fusion="zscore") == ""  # of one retriever nothing is fused


def test_another_depth_is_named_with_its_option(workspace, ranked):
    assert asked(workspace, depth=100) == (
        "Ranked at depth 50: add --depth 50, or run "
        "`rerank-lens run --dataset birds --depth 100 --retrievers bm25 --systems first-stage` first."
    )


@pytest.mark.parametrize(
    ("settings", "sentence", "options"),
    [
        ({"retrievers": ("bm25", "dense")}, "with retrievers bm25", "--retrievers bm25"),
        ({"language": "de"}, "with language auto", "--language auto"),
        ({"depth": 20, "language": "de"}, "at depth 50 with language auto", "--depth 50 --language auto"),
        (
            {"filters": (("kind", ("bird",)),)},
            "with no filter",
            """--settings '{"retrievers": ["bm25"], "depth": 50}'""",
        ),
        ({"k1": 1.2}, "with k1 0.9", """--settings '{"retrievers": ["bm25"], "depth": 50}'"""),
    ],
)
def test_every_setting_that_differs_is_named(workspace, ranked, settings, sentence, options):
    assert asked(workspace, **settings).startswith(f"Ranked {sentence}: add {options}, or run `rerank-lens run")


def test_what_the_line_says_to_add_is_what_is_found(workspace, ranked):
    told = RetrievalSettings.from_json('{"retrievers": ["bm25"], "depth": 50}')
    assert told.key() == WORDS.key()


def test_the_settings_with_most_graded_queries_are_named(workspace, ranked):
    with workspace.write() as db:
        judgments.record(db, ranked.id, "me", [GradeEvent("c", 2, "grade", "q2", "d2", 1)], ranked.scale)
    few = Experiment.of(workspace, "birds", ["first-stage"], settings=replace(WORDS, depth=10))
    Pipeline(workspace).run(few, BIRD_QUERIES[:1])
    assert asked(workspace, depth=100).startswith("Ranked at depth 50: add --depth 50")


def test_a_system_that_is_not_ranked_is_named_beside_those_that_are(workspace, ranked):
    said = asked(workspace, "first-stage", "minilm-cosine")
    assert said == (
        "Ranked with these settings: first-stage. Not ranked: minilm-cosine. First run "
        "`rerank-lens run --dataset birds --retrievers bm25 --systems minilm-cosine`."
    )
    assert "Ranked too: first-stage." in asked(workspace, "minilm-cosine")


def test_a_system_that_was_changed_since_is_said_to_be(workspace, ranked):
    add_composite(workspace, "mix", Blend((Member("first-stage"),)))
    Pipeline(workspace).run(Experiment.of(workspace, "birds", ["mix"], settings=WORDS), BIRD_QUERIES)
    assert asked(workspace, "first-stage", "mix") == ""
    add_composite(workspace, "mix", Blend((Member("first-stage", 2.0),), "zscore"), replace=True)
    assert "Changed since it was ranked: mix." in asked(workspace, "first-stage", "mix")


def test_without_a_grade_that_is_what_is_missing(workspace, birds):
    assert asked(workspace) == "No query of birds has a grade yet. Grade some, or import grades."


def test_passages_that_changed_since_are_ranked_anew(workspace, ranked):
    with workspace.write() as db:
        db.execute("UPDATE dataset SET fingerprint = 'another' WHERE id = ?", [ranked.id])
        assert datasets.get_dataset(db, "birds").fingerprint == "another"
    assert "First run `rerank-lens run --dataset birds" in asked(workspace)


@pytest.mark.parametrize(
    "line",
    [
        "gate --baseline first-stage --system minilm-cosine",
        "compare --systems first-stage,minilm-cosine",
        "evaluate --systems first-stage,minilm-cosine",
        "report report.html --systems first-stage,minilm-cosine",
    ],
)
def test_each_verb_says_what_is_ranked(workspace, ranked, line, capsys, tmp_path):
    both = Experiment.of(workspace, "birds", ["first-stage", "minilm-cosine"], settings=WORDS)
    Pipeline(workspace).run(both, BIRD_QUERIES)
    words = line.replace("report.html", str(tmp_path / "report.html")).split()
    code = main(["--workspace", str(workspace.path), *words, "--dataset", "birds", "--retrievers=bm25", "--depth=100"])
    assert code == 3
    assert "Ranked at depth 50: add --depth 50, or run `rerank-lens run" in capsys.readouterr().out


def test_the_export_of_a_run_says_so_too(workspace, ranked, capsys, tmp_path):
    words = ["export", "run", str(tmp_path / "run.txt"), "--dataset", "birds", "--system", "first-stage"]
    code = main(["--workspace", str(workspace.path), *words, "--retrievers=bm25", "--depth=100"])
    assert code == 2
    assert "Ranked at depth 50: add --depth 50" in capsys.readouterr().err
