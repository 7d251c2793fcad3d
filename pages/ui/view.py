"""What is looked at: an experiment, and what a page shows of it."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.languages import ENGLISH
from rerank_core.store.datasets import DatasetRow
from rerank_core.systems.systems import System

MEASURES = ("nDCG@10", "RR@10", "P@5", "R@10", "Judged@10")


@dataclass(frozen=True, slots=True)
class View:
    """An experiment, and what a page shows of it. `shown`: passages per system. `judge`: who grades.

    `language`: the one that BM25 reads words in, a code or "none".
    """

    experiment: Experiment
    shown: int
    judge: str
    language: str = ENGLISH

    @property
    def dataset(self) -> DatasetRow:
        """The experiment's dataset."""
        return self.experiment.dataset

    @property
    def systems(self) -> tuple[System, ...]:
        """The experiment's systems, in their order."""
        return self.experiment.systems

    @property
    def baseline(self) -> str:
        """The id of the system that the others are compared with."""
        return self.experiment.baseline

    @property
    def level(self) -> int:
        """The lowest grade that counts as relevant."""
        return self.experiment.level

    @property
    def ready(self) -> Experiment:
        """The experiment with those of its systems that can run here and now."""
        return self.experiment.with_systems([system for system in self.systems if system.state.kind == "ready"])
