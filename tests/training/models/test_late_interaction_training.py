"""A late-interaction model that is really trained, in small: MaxSim learns which passages belong to which query."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rerank_core.errors import CancelledError, SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import encoder_system, late_interaction_system
from rerank_core.ranking.late_interaction_system import LateInteractionRecipe
from rerank_core.ranking.late_interaction_training import max_sims, opened, train_late_interaction
from rerank_core.ranking.model_system import train_model_system
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.load import load
from rerank_core.store import datasets
from rerank_core.store.tuned_systems import chosen_on
from rerank_core.systems.systems import System, get_system
from rerank_core.training.models.late_interaction import LateInteractionSettings
from rerank_core.training.models.record import save_model
from rerank_core.training.models.triples import Triple
from tests.support.tiny_models import tiny_encoder
from tests.support.training_worlds import numbers_world

SMALL = LateInteractionSettings(epochs=4, batch=8, rate=1e-2)
NAMES = ("pump", "valve", "motor", "filter")


def triple(number: int) -> Triple:
    right, wrong = NAMES[number % 4], NAMES[(number + 1) % 4]
    return Triple(f"{right} {number}", f"{number} {right} model", f"{900 + number} {wrong}", weak=False)


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    return tiny_encoder(tmp_path_factory.mktemp("start"))


def test_the_right_passages_come_to_have_the_higher_sums_and_the_app_scores_as_the_library(start, tmp_path):
    folder = tmp_path / "trained"
    made = train_late_interaction(start, [triple(number) for number in range(32)], folder, SMALL)
    assert made.losses[-1][1] < made.losses[0][1]
    model = opened(folder)
    unseen = [triple(number) for number in range(100, 124)]
    found = [max_sims(model, one.query, [one.positive, one.negative]) for one in unseen]
    assert sum(right > wrong for right, wrong in found) > 18
    ours = load(get(f"late-interaction:{folder}"), {"token_vectors": "float32"}, device="cpu")
    for one, sums in zip(unseen, found, strict=True):
        assert ours.score(one.query, [one.positive, one.negative]) == pytest.approx(sums, abs=1e-5)


def test_a_training_that_was_stopped_goes_on_from_its_checkpoint(start, tmp_path):
    steps: list[int] = []

    def stop_at_six(done: int, total: int, message: str = "") -> None:
        steps.append(done)
        if done == 6 and len(steps) == 6:
            raise CancelledError("stopped")

    rows = [triple(number) for number in range(32)]
    with pytest.raises(CancelledError):
        train_late_interaction(start, rows, tmp_path / "trained", SMALL, progress=stop_at_six)
    train_late_interaction(start, rows, tmp_path / "trained", SMALL, progress=stop_at_six)
    assert steps[6] > 1
    assert steps[-1] == 16


def test_without_a_triple_nothing_is_trained(start, tmp_path):
    with pytest.raises(SettingsError, match="nothing to learn from"):
        train_late_interaction(start, [], tmp_path / "trained", SMALL)


def test_it_is_measured_on_others_beside_the_untrained_one_and_kept_with_its_mark(start, workspace, monkeypatch):
    untrained = System("untrained", get(f"late-interaction:{start}"))
    monkeypatch.setattr(encoder_system, "find_model", lambda name: start)
    monkeypatch.setattr(late_interaction_system, "get_system", lambda space, name: untrained)
    experiment = numbers_world(workspace)
    recipe = LateInteractionRecipe(pipeline=Pipeline(workspace), settings=SMALL)
    found = train_model_system(experiment, recipe, extras=("curve",))
    assert json.loads(json.dumps(found)) == found
    assert (len(found["qids"]), found["held"], found["kind"]) == (22, 8, "late-interaction")
    assert found["rows"][0]["name"] == "trained late interaction"
    assert {row["name"] for row in found["rows"]} == {
        "trained late interaction", "untrained late interaction", "tuned first stage",
    }  # fmt: skip
    assert [share for share, _ in found["curve"]] == [0.25, 0.5, 0.75, 1.0]
    assert found["read"] == "44 triples, 0 of them with a weak negative."
    kept = save_model(workspace, found, "ours", "numbers")
    system = get_system(workspace, kept)
    assert (system.model.family, system.state.ready) == ("late-interaction", True)
    view = Experiment.of(workspace, "numbers", [kept], settings=experiment.settings)
    with workspace.open() as db:
        queries = datasets.get_queries(db, view.dataset.id)
        assert len(chosen_on(db, [kept])[kept]) == 22
    assert chosen_on_queries(view, queries) == {"ours": 22}
    assert Pipeline(workspace).rank(view, queries[0], system).error == ""
