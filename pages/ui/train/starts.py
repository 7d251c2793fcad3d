"""Which systems a cross-encoder can go on from, and which can teach one."""

from __future__ import annotations

from rerank_core.experiment.experiment import Experiment
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems
from rerank_core.training.models.cross_encoder import CROSS_ENCODER
from rerank_core.training.plan import asked


def starts_of(space: Workspace) -> dict[str, str]:
    """Id -> label of the cross-encoders whose files are on this machine."""
    return {
        system.id: system.label
        for system in all_systems(space)
        if system.spec is None and system.model.family == CROSS_ENCODER and system.state.ready
    }


def teachers_of(experiment: Experiment) -> dict[str, str]:
    """Id -> label of the experiment's systems that rank what they are given, and have not seen its queries."""
    return {system.id: system.label for system in asked(experiment)[0]}
