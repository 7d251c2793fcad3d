"""Systems: what can be compared. A model of the catalogue, one that somebody added, or a composite of systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from rerank_core.errors import NotFoundError, RerankLensError, SettingsError
from rerank_core.rerankers.catalogue.catalog import Model, catalog, get
from rerank_core.rerankers.catalogue.local_folder import is_folder
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.catalogue.state import State, state
from rerank_core.retrieval.encoders import what_is_missing
from rerank_core.store.systems import SystemRow, get_systems, put_system
from rerank_core.store.trained_folders import as_kept, as_source
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.facts import composite_model
from rerank_core.systems.composites.members import check_acyclic, members, scale_of
from rerank_core.systems.composites.members import key as composite_key
from rerank_core.systems.composites.spec import Floor, OwnFirstStage, Spec
from rerank_core.systems.composites.spec_json import from_dict, to_dict
from rerank_core.systems.imported import imported_models
from rerank_core.systems.naming import own_name
from rerank_core.types import text_hash

FIRST_STAGE = "first-stage"
ALWAYS_READY = (FIRST_STAGE, "minilm-cosine", "minilm-maxsim")
COMPOSITE = "composite"
"""The model under which a composite is stored; its settings are its spec."""
UNREADABLE = (RerankLensError, ArithmeticError, TypeError, ValueError, RecursionError)
"""What comes of reading settings that no version of ours has written."""
UNKNOWN = "unknown"
"""The family of a model that this version does not know."""


@dataclass(frozen=True)
class System:
    """A model with settings, or a composite, under an id that people see in links and exports.

    `spec` and `members` are a composite's; its `model` is a row of facts that is never loaded. `problem`: why a system
    that somebody added cannot be used, "" where it can: this version does not know its model, a setting or its spec.
    """

    id: str
    model: Model
    settings: Mapping[str, Any] = field(default_factory=dict)
    spec: Spec | None = None
    members: tuple[System, ...] = ()
    problem: str = ""

    @property
    def label(self) -> str:
        """The name for the screen."""
        return self.model.label

    @cached_property
    def key(self) -> str:
        """The id and a short hash of the model, its revision and its settings: rankings are kept under it.

        As the model was when this was first asked.
        """
        return f"{self.id}@broken" if self.problem else f"{self.id}@{text_hash(self.made_of)[:10]}"

    @property
    def made_of(self) -> str:
        """A text that is equal only where the scores are: the model, its revision and settings; a composite's parts."""
        if self.spec is not None:
            return composite_key(self.spec, {member.id: member.key for member in self.members})
        return model_key(self.model, self.settings)

    @property
    def state(self) -> State:
        """Whether it can run here and now, or what it needs first; a composite needs what its members need."""
        if self.problem:
            return State("not-found" if self.spec is not None else "not-known", self.problem)
        for member in self.members:
            if not (needs := member.state).ready:
                return State(needs.kind, f"{member.label}: {needs.detail}")
        if isinstance(self.spec, OwnFirstStage) and "dense" in self.spec.settings.retrievers:
            dense = self.spec.settings.dense()
            if missing := what_is_missing(dense):
                return State(missing.kind, f"{dense.label}: {missing.detail}")
        return state(self.model, self.settings)

    @property
    def scores(self) -> bool:
        """Whether it scores or orders candidates; False: it gives those of a search as they are."""
        if isinstance(self.spec, OwnFirstStage):
            return all(member.scores for member in self.members)
        return self.model.family != FIRST_STAGE

    @property
    def scored_by(self) -> System | None:
        """The system whose raw scores it gives; None where they mean nothing across queries (no threshold then)."""
        if self.spec is None:
            return None if self.problem else self
        passed_on = scale_of(self.spec)
        return next((member.scored_by for member in self.members if member.id == passed_on), None)

    @property
    def leaves(self) -> tuple[System, ...]:
        """The systems with a model of their own that it is made of, each once; itself where it is no composite."""
        if self.spec is None:
            return () if self.problem else (self,)
        return tuple({leaf.id: leaf for member in self.members for leaf in member.leaves}.values())


def all_systems(workspace: Workspace) -> list[System]:
    """The catalogue's systems in its order, then those that people added, then the imported runs."""
    systems = [System(model.id, model) for model in catalog()]
    with workspace.open() as db:
        added, imported = get_systems(db), imported_models(db)
    systems += [_variant(workspace, name, row) for name, row in added.items() if row.model != COMPOSITE]
    systems += [System(model.id, model, settings) for model, settings in imported]
    known = {system.id: system for system in systems}
    composites = {name: row for name, row in added.items() if row.model == COMPOSITE}
    composites = {name: _as_it_lies_now(workspace, row) for name, row in composites.items()}
    return _with_distinct_labels([*systems, *_composites(composites, known)])


def _as_it_lies_now(workspace: Workspace, row: SystemRow) -> SystemRow:
    """A composite whose own first stage has a model that was trained here: where the workspace is by now."""
    return replace(row, settings=_with_model(row.settings, lambda name: as_source(workspace.path, name)))


def _with_model(values: Mapping[str, Any], named: Callable[[str], str]) -> dict[str, Any]:
    """A composite's JSON with another name of its own first stage's dense model; without one as it is."""
    settings = values.get("settings")
    if not isinstance(settings, Mapping) or not isinstance(settings.get("dense_model"), str):
        return dict(values)
    return {**values, "settings": {**settings, "dense_model": named(settings["dense_model"])}}


def _variant(workspace: Workspace, system_id: str, row: SystemRow) -> System:
    """A model that somebody added; one that this version cannot make out says so."""
    family, colon, source = row.model.partition(":")
    try:
        model = get(f"{family}{colon}{as_source(workspace.path, source)}")
        model.checked(row.settings)
    except UNREADABLE as error:
        return _unknown(system_id, row, str(error))
    if row.problem:
        return _unknown(system_id, row, row.problem)
    # who gave it a name wants to read that name
    named = model if system_id == model.id else replace(model, label=system_id)
    return System(system_id, named, row.settings)


def _unknown(system_id: str, row: SystemRow, why: str) -> System:
    """A system that this version cannot make out: it is listed, and nothing else is done with it."""
    family = COMPOSITE if row.model == COMPOSITE else UNKNOWN
    problem = f"Not known to this version: {why.rstrip('.')}."
    return System(system_id, Model(row.model, system_id, family), row.settings, problem=problem)


def add_variant(
    workspace: Workspace, system_id: str, model_id: str, settings: Mapping[str, Any], replace: bool = False
) -> str:
    """Keep a model with settings under a name of its own and return its id; `replace`: a variant of this name goes.

    Raises NameTakenError where that is so and `replace` is False, SettingsError for an empty name, one of the catalogue
    or of a composite, and for settings that the model does not take; NotFoundError for a model that is not there.
    """
    model = get(model_id)
    model.checked(settings)
    family, colon, source = model_id.partition(":")
    model_id = f"{family}{colon}{as_kept(workspace.path, source)}"
    systems = {system.id: system for system in all_systems(workspace)}
    with workspace.open() as db:
        added = get_systems(db)
    same = added.get(system_id)
    if same is not None and (same.model, same.settings) == (model_id, dict(settings)):
        return system_id
    variants = [name for name, row in added.items() if row.model != COMPOSITE and name != row.model]
    system_id = own_name(system_id, variants, systems.keys() - set(variants), replace)
    with workspace.write() as db:
        put_system(db, system_id, model_id, settings)
    return system_id


def add_composite(workspace: Workspace, system_id: str, spec: Spec, replace: bool = False) -> str:
    """Keep a composite under a name and return its id; it is then a system as any other.

    `replace`: a composite of this name goes. Raises NameTakenError where that is so and `replace` is False,
    SettingsError for an empty name or one of a system that is no composite, a member that is not there, or a circle.
    """
    systems = {system.id: system for system in all_systems(workspace)}
    composites = {
        name: system for name, system in systems.items() if system.spec is not None or system.model.family == COMPOSITE
    }
    if system_id in composites and composites[system_id].spec == spec:
        return system_id
    system_id = own_name(system_id, composites.keys(), systems.keys() - composites.keys(), replace)
    if missing := [member for member in members(spec) if member not in systems and member != system_id]:
        raise SettingsError(f"There is no system {', '.join(repr(member) for member in missing)}.")
    specs = {name: system.spec for name, system in composites.items() if system.spec is not None}
    for member in members(spec):
        if isinstance(specs.get(member), OwnFirstStage):
            raise SettingsError(f"'{member}' finds its own candidates, so it cannot be a part of another system.")
        if isinstance(specs.get(member), Floor) and not isinstance(spec, OwnFirstStage):
            raise SettingsError(f"'{member}' leaves passages out, so it cannot be a part of another system.")
    check_acyclic(specs | {system_id: spec})
    with workspace.write() as db:
        put_system(db, system_id, COMPOSITE, _with_model(to_dict(spec), lambda name: as_kept(workspace.path, name)))
    return system_id


def _composites(stored: Mapping[str, SystemRow], known: Mapping[str, System]) -> list[System]:
    """The stored composites, in their order. One that cannot be used says why, and leaves the others alone."""
    systems = dict(known)

    def find_or_build(name: str, path: tuple[str, ...]) -> System | None:
        # a circle cannot be saved; should one be there, its system counts as missing
        if name not in systems and name in stored and name not in path:
            systems[name] = build(name, (*path, name))
        return systems.get(name)

    def build(name: str, path: tuple[str, ...]) -> System:
        row = stored[name]
        if row.problem:
            return _unknown(name, row, row.problem)
        try:
            spec = from_dict(row.settings)
        except UNREADABLE as error:
            return _unknown(name, row, str(error))
        asked = {member: find_or_build(member, path) for member in members(spec)}
        present = {member: system for member, system in asked.items() if system is not None}
        problems = [f"{system.label}: {system.problem}" for system in present.values() if system.problem]
        if missing := ", ".join(f"'{member}'" for member in asked if member not in present):
            problems.append(f"It needs the system {missing}, which is not there.")
        leaves = {leaf.id: leaf.model for system in present.values() for leaf in system.leaves}
        models = {member: system.model for member, system in present.items()}
        model = composite_model(name, spec, models, list(leaves.values()))
        return System(name, model, row.settings, spec, tuple(present.values()), " ".join(problems))

    return [system for name in stored if (system := find_or_build(name, ())) is not None]


def _with_distinct_labels(systems: Sequence[System]) -> list[System]:
    """Systems of one label get more into it: two folders of one name their paths, others their id."""
    count = Counter(system.label for system in systems)
    return [
        system if count[system.label] == 1 else replace(system, model=replace(system.model, label=_longer(system)))
        for system in systems
    ]


def _longer(system: System) -> str:
    model = system.model
    return f"{model.label} ({model.source})" if is_folder(model.source) and system.id == model.id else system.id


def get_system(workspace: Workspace, system_id: str) -> System:
    """The system of this id. Raises NotFoundError, which names the known ones."""
    systems = {system.id: system for system in all_systems(workspace)}
    if system_id not in systems:
        raise NotFoundError(f"There is no system '{system_id}'. Known: {', '.join(systems)}.")
    return systems[system_id]
