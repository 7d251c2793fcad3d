"""A late-interaction model as what is trained: from the bundled model, measured as a reranker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rerank_core.ranking.encoder_system import BUNDLED_LICENCE, BUNDLED_NAME, bundled
from rerank_core.ranking.late_interaction_training import max_sims, opened, train_late_interaction
from rerank_core.ranking.measured_reranker import measured_reranker
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_training import Trained, Watch
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.systems.systems import System, get_system
from rerank_core.training.models.late_interaction import BEFORE, LABEL, LATE_INTERACTION, LateInteractionSettings
from rerank_core.training.models.measured import Measured
from rerank_core.training.models.split import Part
from rerank_core.training.models.triples import triples_sentence
from rerank_core.training.models.world import Scores, World
from rerank_core.types import Progress

UNTRAINED = "minilm-maxsim"


@dataclass(frozen=True, kw_only=True)
class LateInteractionRecipe(Recipe):
    """See `Recipe`."""

    settings: LateInteractionSettings = field(default_factory=LateInteractionSettings)
    made_of: Mapping[str, Any] = field(default_factory=lambda: {"start": BUNDLED_NAME})
    kind: str = LATE_INTERACTION
    name: str = LABEL
    task: str = "sentence-similarity"
    start: str = BUNDLED_NAME
    licence: str = BUNDLED_LICENCE

    def train(self, world: World, part: Part, folder: Path, watch: Watch, progress: Progress, what: str) -> Trained:
        """On triples, from the bundled model's token vectors."""
        return train_late_interaction(
            bundled(), world.triples(part.learned), folder, self.settings, watch, progress, what
        )

    def read(self, world: World, part: Part) -> str:
        """How many triples."""
        return triples_sentence(world.triples(part.learned))

    def measure(self, world: World, part: Part, folder: Path, progress: Progress) -> Measured:
        """As a reranker of the experiment's candidates."""
        trained = System("trained", get(f"{LATE_INTERACTION}:{folder}"))
        untrained = get_system(world.experiment.workspace, UNTRAINED)
        return measured_reranker(self.pipeline, world, part, trained, (BEFORE, untrained), {}, progress)

    def scores(self, model: Any) -> Scores:
        """MaxSim sums."""
        return partial(max_sims, model)

    def opened(self, folder: Path) -> Any:
        """By sentence-transformers."""
        return opened(folder)
