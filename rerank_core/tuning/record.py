"""What a search found, as plain JSON: kept with the worker's job, drawn by the page, printed by the verb."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.judgments import last_event
from rerank_core.store.tuned_systems import put_tuned
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Blend, Cascade, Floor, Member, OwnFirstStage, Stage
from rerank_core.systems.systems import FIRST_STAGE, add_composite, get_system
from rerank_core.tuning.inputs import as_settings
from rerank_core.tuning.search_space import FirstStage, Reranking, Setting, variants_from_json, variants_to_json
from rerank_core.tuning.tune import Tuned, TunedSystem

_BARS = 40


@dataclass(frozen=True, slots=True)
class Winner:
    """A setting with the system that it is for; `system` "first-stage" for the first stage alone.

    `settings`: where the search began. `variants`: the query variants that it tried, by name.
    """

    system: str
    setting: Setting
    settings: RetrievalSettings
    variants: Mapping[str, QueryVariant | None] = field(default_factory=dict)


def record(tuned: Tuned) -> dict[str, Any]:
    """Everything that people see of a search. `noise`: how often pure chance reached which mean, as [mean, share].

    `grades`: the newest grade that it read, by its number: with another one it is out of date.
    """
    return {
        "sentence": tuned.sentence,
        "measure": str(tuned.measure),
        "queries": len(tuned.qids),
        "qids": list(tuned.qids),
        "left_out": tuned.left_out,
        "splits": tuned.splits,
        "seed": tuned.seed,
        "margin": tuned.margin,
        "settings": tuned.experiment.settings.to_json(),
        "rows": tuned.rows(),
        "sentences": {one.system: one.answer.sentence for one in tuned.systems if one.answer is not None},
        "variants": variants_to_json(tuned.space.variants),
        "worth": [one.sentence for one in tuned.variants],
        "best": {one.system: _setting(one) for one in tuned.systems},
        "noise": _histogram(tuned),
        "questions": [asdict(question) for question in tuned.questions],
        "facts": dict(tuned.facts),
        "grades": _newest_grade(tuned),
    }


def winner(found: dict[str, Any], system: str) -> Winner:
    """The best setting of one of the searched systems, out of `record`. Raises SettingsError where it is not there."""
    try:
        values = found["best"][system]
        first = FirstStage(**{**values["first"], "lists": tuple(values["first"]["lists"])})
        reranking = Reranking(**values["reranking"]) if values["reranking"] is not None else None
        variants = dict(variants_from_json(found.get("variants", {})))
        return Winner(system, Setting(first, reranking), RetrievalSettings.from_json(found["settings"]), variants)
    except (KeyError, TypeError) as error:
        raise SettingsError(f"The search says nothing of '{system}'.") from error


def save_winner(
    workspace: Workspace, found: dict[str, Any], system: str, name: str, dataset: str, floor: bool = False
) -> str:
    """Keep the best setting of `system` as a system of its own and return its id.

    It carries the mark of the queries that chose it. `floor`: with the floor that was fitted to it, if any. Raises
    SettingsError as `add_composite` does for the name.
    """
    chosen = winner(found, system)
    first, reranking = chosen.setting.first, chosen.setting.reranking
    fitted = next((row.get("floor") for row in found["rows"] if row["system"] == system), None)
    if floor and fitted is not None and reranking is not None:
        reranking = replace(reranking, floor=fitted["floor"])
    settings = replace(as_settings(first, chosen.settings, chosen.variants), filters=())
    inner = _inner(workspace, system, reranking, name)
    if reranking is not None and reranking.floor is not None:
        by = system if reranking.share < 1.0 and reranking.keep is None else ""
        inner = add_composite(workspace, f"{name}: floor", Floor(inner, reranking.floor, by))
    kept = add_composite(workspace, name, OwnFirstStage(inner, settings))
    row = next(row for row in found["rows"] if row["system"] == system)
    with workspace.write() as db:
        wanted = set(found["qids"])
        queries = [q for q in datasets.get_queries(db, datasets.get_dataset(db, dataset).id) if q.qid in wanted]
        said = found["sentences"].get(system, found["sentence"])
        put_tuned(db, kept, queries, {**row, "sentence": said, "measure": found["measure"], "dataset": dataset})
    return kept


def _inner(workspace: Workspace, system: str, reranking: Reranking | None, name: str) -> str:
    """The system that ranks the candidates: the reranker itself, or a blend or cascade that is kept beside it."""
    if reranking is None or system == FIRST_STAGE:
        return FIRST_STAGE
    if reranking.keep is not None:
        spec = get_system(workspace, system).spec
        if not isinstance(spec, Cascade):
            raise SettingsError(f"'{system}' is no cascade any more.")
        cheap, last = spec.stages
        return add_composite(workspace, f"{name}: steps", Cascade((Stage(cheap.system, reranking.keep), last)))
    if reranking.share < 1.0:
        members = (Member(FIRST_STAGE, 1 - reranking.share), Member(system, reranking.share))
        scaled = Blend(members, "minmax") if reranking.scale == "minmax" else Blend(members, "zscore")
        return add_composite(workspace, f"{name}: blend", scaled)
    return system


def _newest_grade(tuned: Tuned) -> int:
    with tuned.experiment.workspace.open() as db:
        return last_event(db, tuned.experiment.dataset.id)


def _setting(one: TunedSystem) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(asdict(one.best)))
    return values


def _histogram(tuned: Tuned) -> list[list[float]]:
    import numpy as np

    if not len(tuned.noise):
        return []
    counts, edges = np.histogram(tuned.noise, bins=_BARS)
    middles = (edges[:-1] + edges[1:]) / 2
    return [[float(middle), float(count / len(tuned.noise))] for middle, count in zip(middles, counts, strict=True)]
