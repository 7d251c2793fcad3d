"""Drawn grades give no kind of model a gain on queries that it did not see, and a leaked query would show."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.stats import ttest_1samp

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import encoder_system, late_interaction_system, model_system
from rerank_core.ranking.cross_encoder_system import continued, distilled
from rerank_core.ranking.encoder_system import EncoderRecipe
from rerank_core.ranking.late_interaction_system import LateInteractionRecipe
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_system import train_model_system
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System, add_variant, get_system
from rerank_core.training.models import cross_encoder, encoder, late_interaction
from rerank_core.training.models.cross_encoder import CrossEncoderSettings, DistilledSettings
from rerank_core.training.models.encoder import EncoderSettings
from rerank_core.training.models.late_interaction import LateInteractionSettings
from rerank_core.training.models.split import Part
from tests.support.tiny_models import tiny_cross_encoder, tiny_encoder
from tests.support.training_worlds import numbers_world

SEEDS = int(os.environ.get("RERANK_LENS_PERMUTED", "6"))
"""20 take a quarter of an hour on two busy cores."""
SELDOM, SHOWS = 0.002, 0.02
FAST = {"epochs": 16, "batch": 16, "rate": 1e-2}


def an_encoder(pipeline: Pipeline, experiment: Experiment, starts: dict[str, Path], seed: int) -> Recipe:
    return EncoderRecipe(pipeline=pipeline, settings=EncoderSettings(seed=seed, **FAST))


def a_late_interaction(pipeline: Pipeline, experiment: Experiment, starts: dict[str, Path], seed: int) -> Recipe:
    return LateInteractionRecipe(pipeline=pipeline, settings=LateInteractionSettings(seed=seed, **FAST))


def a_cross_encoder(pipeline: Pipeline, experiment: Experiment, starts: dict[str, Path], seed: int) -> Recipe:
    start = f"cross-encoder:{starts['pairs']}"
    return continued(pipeline, experiment, start, CrossEncoderSettings(seed=seed, **FAST))


def a_distilled_one(pipeline: Pipeline, experiment: Experiment, starts: dict[str, Path], seed: int) -> Recipe:
    few = {"taught_epochs": 1, "taught_tokens": 32, "taught_rate": 1e-2, "head_rate": 1e-2}
    return distilled(pipeline, experiment, "teacher", DistilledSettings(seed=seed, **FAST, **few))


KINDS: dict[str, tuple[Callable[..., Recipe], str, str]] = {
    "encoder": (an_encoder, encoder.RERANKS, "teacher"),
    "late interaction": (a_late_interaction, late_interaction.LABEL, late_interaction.BEFORE),
    "cross-encoder": (a_cross_encoder, cross_encoder.LABEL, cross_encoder.STARTED),
    "distilled": (a_distilled_one, cross_encoder.LABEL, cross_encoder.TAUGHT),
}


@pytest.fixture(scope="module")
def starts(tmp_path_factory) -> dict[str, Path]:
    return {
        "vectors": tiny_encoder(tmp_path_factory.mktemp("vectors")),
        "pairs": tiny_cross_encoder(tmp_path_factory.mktemp("pairs") / "one"),
    }


@pytest.fixture
def gain(starts, tmp_path, monkeypatch) -> Callable[[str, int], float]:
    """(kind, seed) -> what training on drawn grades gains on its held-out queries, over the same model before."""
    untrained = System("untrained", get(f"late-interaction:{starts['vectors']}"))
    monkeypatch.setattr(encoder_system, "find_model", lambda name: starts["vectors"])
    monkeypatch.setattr(late_interaction_system, "get_system", lambda workspace, name: untrained)

    def found(kind: str, seed: int) -> float:
        begin, trained, before = KINDS[kind]
        (tmp_path / str(seed)).mkdir()
        workspace = Workspace(tmp_path / str(seed) / "workspace.db")
        # the candidates are a query's own ten passages: that others are not relevant could be learned
        experiment = numbers_world(workspace, queries=24, seed=seed, graded_right=False, passages=10)
        teacher = get_system(workspace, add_variant(workspace, "teacher", f"bi-encoder:{starts['vectors']}", {}))
        experiment = experiment.with_systems([teacher])
        recipe = begin(Pipeline(workspace), experiment, starts, seed)
        rows = train_model_system(experiment, recipe)["rows"]
        values = {row["name"]: row["value"] for row in rows}
        return values[trained] - values[before]

    return found


@pytest.mark.parametrize("kind", KINDS)
def test_drawn_grades_give_no_gain(kind, gain):
    gains = [gain(kind, seed) for seed in range(SEEDS)]
    assert ttest_1samp(gains, 0).pvalue > SELDOM, gains


@pytest.mark.parametrize("kind", ["encoder", "cross-encoder"])
def test_queries_that_leak_would_show_with_drawn_grades_too(kind, gain, monkeypatch):
    honest = model_system.split

    def leaky(queries, held, seed) -> Part:
        part = honest(queries, held, seed)
        return Part((*part.learned, *part.judged), part.judged)

    monkeypatch.setattr(model_system, "split", leaky)
    gains = [gain(kind, seed) for seed in range(SEEDS)]
    assert ttest_1samp(gains, 0, alternative="greater").pvalue < SHOWS, gains
