"""What a training found as plain JSON, and the learned blend kept as a system with the mark of its queries."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.judgments import last_event
from rerank_core.store.tuned_systems import TRAINING, put_tuned
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.composites.spec_json import from_dict, to_dict
from rerank_core.systems.learned.spec import Learned
from rerank_core.systems.systems import add_composite
from rerank_core.training.answer import curve_sentence
from rerank_core.training.blend import Blended
from rerank_core.training.models.cross_encoder import CROSS_ENCODER, DISTILLED
from rerank_core.training.models.encoder import ENCODER
from rerank_core.training.models.late_interaction import LATE_INTERACTION
from rerank_core.training.models.record import save_model

BLEND = "blend"
KINDS = {
    BLEND: "Learned blend of systems",
    ENCODER: "Encoder, from the bundled MiniLM",
    LATE_INTERACTION: "Late interaction, from the bundled MiniLM",
    CROSS_ENCODER: "Cross-encoder, from one that is here",
    DISTILLED: "Cross-encoder, taught by a system",
}
"""What can be trained, and its name for people."""


def record_blend(found: Blended) -> dict[str, Any]:
    """Everything that people see of a learned blend, and what it takes to keep it.

    `rows`: the blend first, then what it is compared with, best first; `delta`, `low`, `high`: the blend minus that.
    `grades`: the newest grade that it read, by its number: with another one it is out of date.
    """
    plan = found.plan
    with plan.experiment.workspace.open() as db:
        newest = last_event(db, plan.experiment.dataset.id)
    measure = str(plan.measure)
    return {
        "kind": BLEND,
        "sentence": found.compared.sentence,
        "outcome": found.compared.outcome,
        "measure": measure,
        "qids": list(found.qids),
        "left_out": found.left_out,
        "notes": list(found.notes),
        "folds": len(plan.inside),
        "seed": plan.seed,
        "rows": found.rows(),
        "curve": [[share, float(values.mean())] for share, values in sorted(found.curve.items())],
        "curve_sentence": curve_sentence(found.curve, measure, plan.seed),
        "data": found.data.to_json(),
        "choice": found.choice.label(),
        "choices": [choice.label() for choice in found.choices],
        "spec": to_dict(found.spec),
        "first_stage": plan.final.to_json(),
        "settings": plan.experiment.settings.to_json(),
        "seconds": found.seconds,
        "grades": newest,
    }


def save(workspace: Workspace, found: dict[str, Any], name: str, dataset: str) -> str:
    """Keep what was trained as a system of this name and return its id, whichever of `KINDS` it is."""
    keep = save_blend if found.get("kind") == BLEND else save_model
    return keep(workspace, found, name, dataset)


def save_blend(workspace: Workspace, found: dict[str, Any], name: str, dataset: str) -> str:
    """Keep the blend of `record_blend` as a system and return its id; both carry the mark of the queries it has seen.

    Where its first stage is not the one that was set, the system finds its own candidates, and the blend itself is kept
    beside it as "NAME: blend", which ranks what it is given. Raises SettingsError for a record that is none, and as
    `add_composite` does for the name.
    """
    try:
        spec = from_dict(found["spec"])
        first = RetrievalSettings.from_json(found["first_stage"])
        asked = RetrievalSettings.from_json(found["settings"])
        wanted = set(found["qids"])
    except (KeyError, TypeError) as error:
        raise SettingsError("This is not what a training of a blend has found.") from error
    if not isinstance(spec, Learned):
        raise SettingsError("This is not what a training of a blend has found.")
    if first == asked:
        names = [add_composite(workspace, name, spec)]
    else:
        inner = add_composite(workspace, f"{name}: blend", spec)
        names = [inner, add_composite(workspace, name, OwnFirstStage(inner, replace(first, filters=())))]
    facts = {**json.loads(json.dumps(found)), "by": TRAINING, "dataset": dataset}
    with workspace.write() as db:
        queries = [q for q in datasets.get_queries(db, datasets.get_dataset(db, dataset).id) if q.qid in wanted]
        for one in names:
            put_tuned(db, one, queries, facts)
    return names[-1]
