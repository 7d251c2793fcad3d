"""An encoder that is really trained, in small: a model made of noise learns which passages belong to which query."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rerank_core.errors import CancelledError, SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import encoder_system
from rerank_core.ranking.encoder_training import train_encoder
from rerank_core.ranking.model_system import train_model_system
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets
from rerank_core.store.backup import back_up
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import dense_models
from rerank_core.systems.systems import get_system
from rerank_core.training.models.encoder import EncoderSettings
from rerank_core.training.models.record import save_model
from rerank_core.training.models.split import parts, smaller, split
from rerank_core.training.models.triples import MOST_PER_QUERY, Triple, triples
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.support.tiny_models import tiny_encoder
from tests.support.training_worlds import numbers_world

DOCS = {f"d{number}": Doc(f"d{number}", f"text {number}") for number in range(40)}


def ranking(*docids):
    return Ranking("", "", tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(docids, 1)))


def test_a_negative_has_a_lower_grade_or_is_an_unread_candidate_further_down():
    queries = [Query("q1", "one"), Query("q2", "two"), Query("q3", "three")]
    qrels = {"q1": {"d0": 3, "d1": 1, "d2": 0}, "q2": {"d3": 1}, "q3": {"d4": 1}}
    candidates = {"q2": ranking("d9", "d8", "d3", "d7"), "q3": ranking("d9", "d8")}
    found = triples(queries, qrels, DOCS, candidates, seed=1)
    assert [(one.query, one.positive, one.weak) for one in found] == [
        ("one", "text 0", False), ("one", "text 1", False), ("two", "text 3", True),
    ]  # fmt: skip
    assert found[0].negative in ("text 1", "text 2")
    assert found[1].negative == "text 2"
    # nobody knows of the first two; q3 has nothing below them, and gives no triple
    assert found[2].negative == "text 7"


def test_a_query_with_many_right_passages_gives_its_best_few():
    grades = {f"d{number}": 1 + (number >= 30) for number in range(1, 40)} | {"d0": 0}
    found = triples([Query("q", "one")], {"q": grades}, DOCS, {})
    assert len(found) == MOST_PER_QUERY
    assert {one.positive for one in found} <= {f"text {number}" for number in range(30, 40)}


def test_queries_are_held_out_by_text():
    queries = [Query(f"q{number}", f"text {number // 2}") for number in range(40)]
    part = split(queries, seed=1)
    assert (len(part.learned), len(part.judged)) == (30, 10)
    assert not {query.text for query in part.learned} & {query.text for query in part.judged}
    part = split(queries, ["q0", "q3", "q5", "q7", "q9"])
    assert [query.qid for query in part.judged] == ["q0", "q3", "q5", "q7", "q9"]
    # the same text under another qid is not learned from
    assert not {"q1", "q2"} & {query.qid for query in part.learned}
    assert len(part.learned) == 30
    with pytest.raises(SettingsError, match="38 queries to learn from and 1 to measure on are too few"):
        split(queries, ["q0"])


def test_each_query_is_held_out_once_and_a_smaller_part_lies_in_a_larger_one():
    queries = [Query(f"q{number}", f"text {number}") for number in range(40)]
    every = parts(queries, seed=1)
    assert sorted(query.qid for part in every for query in part.judged) == sorted(query.qid for query in queries)
    assert all(not set(part.learned) & set(part.judged) for part in every)
    assert every[0] == split(queries, seed=1)
    steps = smaller(every[0], seed=1)
    assert [len(part.learned) for part in steps.values()] == [8, 15, 22]
    assert set(steps[0.25].learned) < set(steps[0.5].learned) < set(steps[0.75].learned) < set(every[0].learned)


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("start"))


def some_triples(count: int = 32) -> list[Triple]:
    rng = random.Random(0)
    names = ("pump", "valve", "motor", "filter")
    return [
        Triple(
            f"{names[n % 4]} {n}", f"{n} {names[n % 4]} model", f"{rng.randint(500, 900)} {names[n % 4]}", weak=False
        )
        for n in range(count)
    ]


SMALL = EncoderSettings(epochs=2, batch=8, rate=1e-2)


def test_a_training_that_was_stopped_goes_on_from_its_checkpoint(start, tmp_path):
    folder = tmp_path / "trained"
    steps: list[int] = []

    def stop_at_six(done: int, total: int, message: str = "") -> None:
        steps.append(done)
        assert total == 8
        if done == 6 and len(steps) == 6:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        train_encoder(start, some_triples(), folder, SMALL, progress=stop_at_six)
    assert not folder.exists()
    trained = train_encoder(start, some_triples(), folder, SMALL, progress=stop_at_six)
    # not from the first step again
    assert steps[6] > 1
    assert steps[-1] == 8
    assert trained.losses
    assert trained.seconds > 0
    assert (folder / "model.safetensors").is_file()
    assert not list(tmp_path.glob("*.unfinished"))
    assert not list(folder.rglob("*.bin"))


def test_without_a_triple_nothing_is_trained(start, tmp_path):
    with pytest.raises(SettingsError, match="nothing to learn from"):
        train_encoder(start, [], tmp_path / "trained", SMALL)


def test_an_encoder_learns_is_measured_on_others_and_kept_with_its_mark(start, workspace, monkeypatch, tmp_path):
    monkeypatch.setattr(encoder_system, "find_model", lambda name: start)
    experiment = numbers_world(workspace)
    # untrained, too, it is the small one
    experiment = replace(experiment, settings=replace(experiment.settings, dense_model=str(start)))
    told: list[str] = []
    recipe = encoder_system.EncoderRecipe(pipeline=Pipeline(workspace), settings=replace(SMALL, epochs=6))
    found = train_model_system(experiment, recipe, progress=lambda done, total, said="": told.append(said))
    assert json.loads(json.dumps(found)) == found
    assert (len(found["qids"]), found["held"]) == (22, 8)
    assert found["losses"][-1][1] < found["losses"][0][1]
    assert any("held-out nDCG@10" in said for said in told)
    assert {row["name"] for row in found["rows"]} >= {
        "trained encoder with BM25", "trained encoder alone", "tuned first stage", "untrained encoder alone",
    }  # fmt: skip
    card = (Path(found["folder"]) / "README.md").read_text()
    assert "license: apache-2.0" in card
    assert found["data"]["data_hash"] in card
    assert found["sentence"] in card
    again = train_model_system(experiment, recipe)
    assert again["rows"] == found["rows"]
    assert again["losses"] == found["losses"]
    kept = save_model(workspace, found, "ours", "numbers")
    assert dense_models(workspace)["ours"].name == found["folder"]
    settings = replace(experiment.settings, retrievers=("dense",), dense_model=found["folder"])
    view = Experiment.of(workspace, "numbers", ["first-stage", kept], settings=settings)
    with workspace.open() as db:
        queries = datasets.get_queries(db, view.dataset.id)
    # as first stage and as reranker alike; what was held out is not marked
    assert chosen_on_queries(view, queries) == {"first-stage": 22, "ours": 22}
    stored = Pipeline(workspace).rank(view, queries[0], get_system(workspace, kept))
    assert stored.error == ""
    assert np.isfinite([doc.score for doc in stored.ranking.docs]).all()
    # a backup takes it along, and it is found and marked where that lies
    (tmp_path / "elsewhere").mkdir()
    back_up(workspace, tmp_path / "elsewhere" / "copy.db")
    shutil.rmtree(found["folder"])
    copy = Workspace(tmp_path / "elsewhere" / "copy.db")
    moved = str(tmp_path / "elsewhere" / "trained" / Path(found["folder"]).name)
    assert (get_system(copy, kept).model.source, dense_models(copy)["ours"].name) == (moved, moved)
    assert get_system(copy, kept).state.ready
    view = Experiment.of(copy, "numbers", ["first-stage", kept], settings=replace(settings, dense_model=moved))
    assert chosen_on_queries(view, queries) == {"first-stage": 22, "ours": 22}


def test_all_queries_out_of_fold_are_measured_once_and_leave_one_model(start, workspace, monkeypatch):
    monkeypatch.setattr(encoder_system, "find_model", lambda name: start)
    experiment = numbers_world(workspace)
    experiment = replace(experiment, settings=replace(experiment.settings, dense_model=str(start)))
    recipe = encoder_system.EncoderRecipe(pipeline=Pipeline(workspace), settings=replace(SMALL, epochs=1))
    found = train_model_system(experiment, recipe, extras=("folds",))
    # every query is measured by a model that has not seen it; the one that is kept has seen three quarters
    assert (found["held"], len(found["qids"])) == (30, 22)
    assert found["prices"]["folds"] > found["seconds"]
    kept = {path.name for path in Path(found["folder"]).parent.iterdir()}
    assert kept == {Path(found["folder"]).name, f"{Path(found['folder']).name}.figures.json"}
    told: list[str] = []
    again = train_model_system(
        experiment, recipe, extras=("folds",), progress=lambda done, total, said="": told.append(said)
    )
    assert again["rows"] == found["rows"]
    assert not any("loss" in said for said in told)


def test_a_model_that_is_gone_is_said(workspace, tmp_path):
    with pytest.raises(SettingsError, match="train it again"):
        save_model(workspace, {"kind": "encoder", "folder": str(tmp_path / "gone"), "qids": []}, "ours", "numbers")
