"""What the training of a model found as plain JSON, and the model kept as a system with the mark of its queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.store import datasets
from rerank_core.store.judgments import last_event
from rerank_core.store.trained_folders import as_kept
from rerank_core.store.tuned_systems import TRAINING, put_trained_model, put_tuned
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import add_dense_model
from rerank_core.systems.systems import add_variant
from rerank_core.training.answer import compare, curve_sentence
from rerank_core.training.models.encoder import ENCODER
from rerank_core.training.models.late_interaction import LATE_INTERACTION
from rerank_core.training.models.measured import Measured

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

    Floats = NDArray[np.float64]

_FAMILIES = {ENCODER: "bi-encoder", LATE_INTERACTION: "late-interaction"}
"""Kind -> the family that opens it; all others are cross-encoders."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A trained model, and everything that was found of it, as `record_model` writes it."""

    workspace: Workspace
    dataset: str
    found: Mapping[str, Any]

    def table(self) -> DataFrame:
        """The model first, then what it is compared with: its measure, and the model minus that, with intervals."""
        from pandas import DataFrame

        return DataFrame(self.found["rows"])

    def save(self, name: str) -> str:
        """Keep it as a system under this name and return its id, see `save_model`."""
        return save_model(self.workspace, self.found, name, self.dataset)

    def __str__(self) -> str:
        return "\n".join([self.found["sentence"], self.table().to_string(index=False)])


def record_model(
    experiment: Experiment,
    measure: Measure,
    measured: Measured,
    curve: Mapping[float, Floats],
    facts: Mapping[str, Any],
    margin: float = DEFAULT_MARGIN,
) -> dict[str, Any]:
    """Everything that people see of a trained model, and what it takes to keep it.

    `measured`: over the held-out queries, or over all of them out of fold. `curve`: share of the grades -> values on
    the held-out queries, {} where it was not asked for. `facts`: `kind`, `name` for people, `folder`, `qids` of the
    queries that it learned from, `seed`, `training` (its settings), `data`, and what else the page shows.
    """
    name, seed, others = str(facts["name"]), int(facts["seed"]), measured.others
    compared = compare(name, measured.own, others, str(measure), margin, seed)
    rows = [_row(name, measured.own), *(_row(one, own) for one, own in measured.more.items())]
    for one in sorted(others, key=lambda one: -float(others[one].mean())):
        gain = compared.against[one]
        rows.append(
            {**_row(one, others[one]), "delta": gain.mean, "low": gain.low, "high": gain.high, "p": gain.p_value}
        )
    with experiment.workspace.open() as db:
        newest = last_event(db, experiment.dataset.id)
    drawn: dict[str, Any] = {}
    if curve:
        drawn["curve"] = [[share, float(values.mean())] for share, values in sorted(curve.items())]
        drawn["curve_sentence"] = curve_sentence(curve, str(measure), seed)
    return {
        "sentence": compared.sentence,
        "outcome": compared.outcome,
        "measure": str(measure),
        "held": len(measured.own),
        "left_out": 0,
        "rows": rows,
        "settings": experiment.settings.to_json(),
        "grades": newest,
        **drawn,
        **measured.facts,
        **facts,
    }


def _row(name: str, own: Floats) -> dict[str, Any]:
    return {"name": name, "value": float(own.mean()), "delta": None, "low": None, "high": None, "p": None}


def save_model(workspace: Workspace, found: Mapping[str, Any], name: str, dataset: str) -> str:
    """Keep the trained model as a reranker of this name, an encoder as a dense model too; return the system's id.

    It carries the mark of the queries that it has seen; the held-out ones are not among them. Raises SettingsError
    where its folder is gone, and as `add_variant` does for the name.
    """
    folder, kind = Path(str(found.get("folder", ""))), found.get("kind")
    is_encoder = kind == ENCODER
    if not (folder / "config.json").is_file():
        raise SettingsError(f"The trained model is not at {folder} any more: train it again.")
    kept = add_variant(workspace, name, f"{_FAMILIES.get(str(kind), 'cross-encoder')}:{folder}", {})
    if is_encoder:
        add_dense_model(workspace, DenseModel(name=str(folder)), kept)
    wanted, before = set(found["qids"]), found.get("seen_before", ())
    facts = {**json.loads(json.dumps(dict(found))), "by": TRAINING, "dataset": dataset}
    with workspace.write() as db:
        queries = [q for q in datasets.get_queries(db, datasets.get_dataset(db, dataset).id) if q.qid in wanted]
        put_tuned(db, kept, queries, facts, before)
        if is_encoder:
            put_trained_model(db, as_kept(workspace.path, str(folder)), queries, facts)
    return kept
