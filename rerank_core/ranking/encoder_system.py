"""An encoder as what is trained: from the bundled model, measured as first stage and as reranker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from rerank_core.errors import NotReadyError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.encoder_training import cosines, opened, train_encoder
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_training import Trained, Watch
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.retrieval.dense_model import BUNDLED
from rerank_core.retrieval.encoder import find_model
from rerank_core.systems.systems import System
from rerank_core.training.models.encoder import (
    ALONE,
    BEFORE,
    ENCODER,
    LABEL,
    RERANKS,
    EncoderSettings,
    both_lists,
    space_of,
    with_encoder,
)
from rerank_core.training.models.measured import TUNED, Measured, first_stage_values, system_values
from rerank_core.training.models.split import Part
from rerank_core.training.models.triples import triples_sentence
from rerank_core.training.models.world import Scores, World
from rerank_core.tuning.inputs import list_experiments
from rerank_core.types import Progress

BUNDLED_NAME, BUNDLED_LICENCE = "sentence-transformers/all-MiniLM-L6-v2", "Apache-2.0"


def bundled() -> Path:
    """Where the bundled model lies; raises NotReadyError where it is not installed."""
    folder = find_model(BUNDLED)
    if folder is None:
        raise NotReadyError("The bundled model is not installed.")
    return folder


@dataclass(frozen=True, kw_only=True)
class EncoderRecipe(Recipe):
    """See `Recipe`."""

    settings: EncoderSettings = field(default_factory=EncoderSettings)
    made_of: Mapping[str, Any] = field(default_factory=lambda: {"start": BUNDLED_NAME})
    kind: str = ENCODER
    name: str = LABEL
    task: str = "sentence-similarity"
    start: str = BUNDLED_NAME
    licence: str = BUNDLED_LICENCE

    def over(self, experiment: Experiment) -> Experiment:
        """An encoder is a first stage that is fused: the experiment over BM25 and vectors."""
        return replace(experiment, settings=both_lists(experiment.settings))

    def train(self, world: World, part: Part, folder: Path, watch: Watch, progress: Progress, what: str) -> Trained:
        """On triples, from the bundled model."""
        return train_encoder(bundled(), world.triples(part.learned), folder, self.settings, watch, progress, what)

    def read(self, world: World, part: Part) -> str:
        """How many triples."""
        return triples_sentence(world.triples(part.learned))

    def measure(self, world: World, part: Part, folder: Path, progress: Progress) -> Measured:
        """As first stage, fused with BM25; beside it alone, and as a reranker of the untrained first stage."""
        base, judged, measure, seed = world.experiment, part.judged, world.measure, world.seed
        ours = replace(base, settings=with_encoder(base.settings, folder)).with_systems(())
        for one in (base, ours):
            for place, query in enumerate(judged):
                progress(place, len(judged), "lists of the held-out queries")
                for own in list_experiments(one, space_of(one.settings)).values():
                    self.pipeline.candidates(own, query, progress)
        trained, untrained = (
            first_stage_values(one, space_of(one.settings), measure, judged, seed) for one in (ours, base)
        )
        reranker = System("trained", get(f"bi-encoder:{folder}"))
        self.pipeline.run(base.with_systems([*base.systems, reranker]), judged, progress)
        others, more = {TUNED: untrained.tuned}, {}
        if untrained.alone is not None and trained.alone is not None:
            others[BEFORE], more[ALONE] = untrained.alone, trained.alone
        for system in base.systems:
            if (reached := system_values(base, system, measure, judged, world.qrels)) is not None:
                others[system.label] = reached
        if (reached := system_values(base, reranker, measure, judged, world.qrels)) is not None:
            more[RERANKS] = reached
        return Measured(trained.tuned, others, more, {"best": trained.best})

    def scores(self, model: Any) -> Scores:
        """Cosines."""
        return partial(cosines, model)

    def opened(self, folder: Path) -> Any:
        """By sentence-transformers."""
        return opened(folder)
