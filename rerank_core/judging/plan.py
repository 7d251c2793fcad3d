"""Which passages of a dataset are to be graded, in which order, and which of them by every judge."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import label_plans, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems, get_system

ORDERS = ("pool", "matters")


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """What is to be graded in a dataset, alike for all its judges.

    `systems`: ids; the first `depth` passages of each are graded. `settings_json`: the RetrievalSettings that found
    their candidates. `overlap`: the share of pairs that every judge grades. `order`: "pool", or "matters" with the two
    systems `compared` (first the baseline), of whose grades `random_share` are drawn at random. Raises SettingsError.
    """

    systems: tuple[str, ...]
    settings_json: str
    depth: int = 10
    overlap: float = 0.2
    order: str = "pool"
    compared: tuple[str, str] | None = None
    random_share: float = 0.2

    def __post_init__(self) -> None:
        if not self.systems:
            raise SettingsError("Choose at least one system whose passages are to be graded.")
        if self.depth < 1:
            raise SettingsError(f"The depth must be 1 or more, not {self.depth!r}.")
        if not 0 <= self.overlap <= 1 or not 0 <= self.random_share <= 1:
            raise SettingsError("The shares of pairs must lie from 0 to 1.")
        if self.order not in ORDERS:
            raise SettingsError(f"Unknown order {self.order!r}; known: {', '.join(ORDERS)}.")
        if self.order == "matters" and (self.compared is None or not set(self.compared) <= set(self.systems)):
            raise SettingsError("To grade what matters most, name the two systems to compare among those of the plan.")

    def experiment(self, workspace: Workspace, dataset: DatasetRow) -> Experiment:
        """The plan's systems over their candidates in a dataset. Raises NotFoundError for one that is not there."""
        systems = tuple(get_system(workspace, system) for system in self.systems)
        return Experiment(workspace, dataset, RetrievalSettings.from_json(self.settings_json), systems)

    def to_json(self) -> str:
        """A JSON object that `from_json` reads back to an equal value."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> LabelPlan:
        """Read what `to_json` wrote; a field that is not there has its default. Raises SettingsError."""
        try:
            values = json.loads(text)
            known = {field.name for field in fields(cls)}
            values = {name: value for name, value in values.items() if name in known}
            values["systems"] = tuple(values["systems"])
            values["compared"] = tuple(values["compared"]) if values.get("compared") else None
            return cls(**values)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise SettingsError(f"This plan for grading cannot be read: {error}.") from error


def load_plan(workspace: Workspace, dataset: DatasetRow) -> LabelPlan | None:
    """The dataset's plan; None where nobody has made one. Raises SettingsError where it cannot be read."""
    with workspace.open() as db:
        kept = label_plans.get_plan(db, dataset.id)
    return None if kept is None else LabelPlan.from_json(kept)


def save_plan(workspace: Workspace, dataset: DatasetRow, plan: LabelPlan) -> None:
    """Make this the dataset's plan; grades that were given under another one stay."""
    with workspace.write() as db:
        label_plans.put_plan(db, dataset.id, plan.to_json())


def proposed_plan(workspace: Workspace, dataset: DatasetRow) -> LabelPlan | None:
    """A plan over what is ranked by now: all systems, under the settings with the most rankings; None without any."""
    known = {system.key: system.id for system in all_systems(workspace)}
    with workspace.open() as db:
        made = rankings.ranked_by_settings(db, dataset.id)
    ranked = {settings: {key: n for key, n in counts.items() if key in known} for settings, counts in made.items()}
    if not any(ranked.values()):
        return None
    settings = max(ranked, key=lambda one: sum(ranked[one].values()))
    return LabelPlan(tuple(known[key] for key in ranked[settings]), settings)
