"""Systems: what can be compared. A model of the catalogue, or one that somebody added, with its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rerank_core.errors import NotFoundError
from rerank_core.rerankers.catalog import Model, catalog, get
from rerank_core.rerankers.model_key import model_key
from rerank_core.rerankers.state import State, state
from rerank_core.store.systems import get_systems
from rerank_core.store.workspace import Workspace
from rerank_core.types import text_hash

FIRST_STAGE = "first-stage"
ALWAYS_READY = (FIRST_STAGE, "minilm-cosine", "minilm-maxsim")


@dataclass(frozen=True, slots=True)
class System:
    """A model with settings under an id that people see in links and exports."""

    id: str
    model: Model
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name for the screen."""
        return self.model.label

    @property
    def key(self) -> str:
        """The id and a short hash of the model, its revision and its settings: rankings are kept under it."""
        return f"{self.id}@{text_hash(model_key(self.model, self.settings))[:10]}"

    @property
    def state(self) -> State:
        """Whether it can run here and now, or what it needs first."""
        return state(self.model)


def all_systems(workspace: Workspace) -> list[System]:
    """The catalogue's systems in its order, then those that people added."""
    systems = [System(model.id, model) for model in catalog()]
    with workspace.open() as db:
        added = get_systems(db)
    systems += [System(system_id, get(model), settings) for system_id, (model, settings) in added.items()]
    return systems


def get_system(workspace: Workspace, system_id: str) -> System:
    """The system of this id. Raises NotFoundError, which names the known ones."""
    systems = {system.id: system for system in all_systems(workspace)}
    if system_id not in systems:
        raise NotFoundError(f"There is no system '{system_id}'. Known: {', '.join(systems)}.")
    return systems[system_id]
