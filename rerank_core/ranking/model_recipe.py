"""How one kind of model is trained and measured: what each kind has of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.model_training import Trained, Watch
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.training.models.measured import Measured
from rerank_core.training.models.split import Part
from rerank_core.training.models.world import Scores, World
from rerank_core.types import Progress


@dataclass(frozen=True, kw_only=True)
class Recipe(ABC):
    """`name`, `task`: of the model, for people and for its card. `start`, `licence`: of its start; "" unknown.

    `settings`: a dataclass of plain values, with `seed`. `made_of`: what else the model depends on, beside these and
    the grades; plain JSON. `seen`: hashes of the queries that what it starts from has seen.
    """

    pipeline: Pipeline
    kind: str
    name: str
    task: str
    start: str
    licence: str
    settings: Any
    made_of: Mapping[str, Any]
    seen: frozenset[str] = frozenset()

    def over(self, experiment: Experiment) -> Experiment:
        """What it is measured over: the experiment as it is."""
        return experiment

    @abstractmethod
    def train(self, world: World, part: Part, folder: Path, watch: Watch, progress: Progress, what: str) -> Trained:
        """Train it into this folder, or go on. `what`: said before the loss."""

    @abstractmethod
    def read(self, world: World, part: Part) -> str:
        """What it learned from, in a sentence."""

    @abstractmethod
    def measure(self, world: World, part: Part, folder: Path, progress: Progress) -> Measured:
        """What it reaches on the part's held-out queries, and everything that it is compared with."""

    @abstractmethod
    def scores(self, model: Any) -> Scores:
        """Those of a loaded model."""

    @abstractmethod
    def opened(self, folder: Path) -> Any:
        """The model, loaded."""

    def forget(self, folder: Path) -> None:  # noqa: B027 - most kinds leave nothing
        """Remove what was made on the way to the model in this folder, and is not needed once it is measured."""
