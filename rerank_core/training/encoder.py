"""An encoder trained on the grades: where it lies, what it reaches on queries that were held out, its model card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.judgments import last_event
from rerank_core.store.tuned_systems import TRAINING, put_trained_model, put_tuned
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import add_dense_model
from rerank_core.systems.systems import System, add_variant
from rerank_core.training.answer import compare
from rerank_core.training.data import TrainingData
from rerank_core.training.folds import folds
from rerank_core.tuning.held_out import SPLITS, halves, held_out
from rerank_core.tuning.inputs import default_first_stage, read_inputs
from rerank_core.tuning.search_space import SearchSpace, Setting
from rerank_core.tuning.values import measured, values
from rerank_core.types import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ENCODER = "encoder"
LABEL = "trained encoder with BM25"
ALONE, BEFORE, TUNED = "trained encoder alone", "untrained encoder alone", "tuned first stage"
HELD_OUT_PARTS = 4
"""One query in four is held out; the model that is measured on those is the one that is kept."""
LICENCE = "Apache-2.0"
"""Of all-MiniLM-L6-v2, which it starts from."""


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """How an encoder is trained; the values found to work are not searched, so nothing was chosen on the held-out part.

    Multiple negatives ranking loss (Henderson et al. 2017, arXiv 1705.00652): every other passage of a batch is a
    negative too. `scale`: of the cosines in it. `rate`: the highest learning rate.
    """

    epochs: int = 2
    batch: int = 16
    rate: float = 3e-5
    scale: float = 20.0
    seed: int = 0


def split(queries: Sequence[Query], held: Sequence[str] = (), seed: int = 0) -> tuple[list[Query], list[Query]]:
    """(learned from, held out): the queries of the qids `held`, or a quarter of them by text."""
    if held:
        asked = set(held)
        texts = {" ".join(query.text.casefold().split()) for query in queries if query.qid in asked}
        # a text that is judged is not learned from under another qid
        learned = [query for query in queries if " ".join(query.text.casefold().split()) not in texts]
        return learned, [query for query in queries if query.qid in asked]
    inside = folds(queries, HELD_OUT_PARTS, seed)[0]
    return (
        [query for query, learns in zip(queries, inside, strict=True) if learns],
        [query for query, learns in zip(queries, inside, strict=True) if not learns],
    )


def folder_of(workspace: Workspace, data_hash: str, settings: EncoderSettings) -> Path:
    """Where the model of this data and these settings lies, whether it is there yet or not: beside the workspace."""
    made_of = json.dumps([data_hash, asdict(settings)], sort_keys=True)
    name = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    return workspace.path.absolute().parent / "trained" / f"{workspace.path.stem}-encoder-{name}"


def with_encoder(settings: RetrievalSettings, folder: Path) -> RetrievalSettings:
    """The same first stage, its vectors made by the trained model."""
    return replace(settings, dense_model=str(folder), dense_address="", dense_key="")


def space_of(settings: RetrievalSettings) -> SearchSpace:
    """What is tried of the first stage: BM25, vectors, both fused, at its own depth."""
    return SearchSpace(depths=(settings.depth,))


@dataclass(frozen=True, slots=True)
class HeldOutValues:
    """The measure per held-out query; shape (queries,). `alone`: by vectors alone. `tuned`: the first stage, tuned.

    A tuned value is the mean over 200 halves of the held-out queries that chose its settings without the query.
    """

    alone: Floats
    tuned: Floats
    best: str


def first_stage_values(experiment: Experiment, measure: Measure, held: Sequence[Query], seed: int = 0) -> HeldOutValues:
    """What the experiment's lists reach on these queries, read of what is kept.

    Raises SettingsError where one of them lacks a list.
    """
    space = space_of(experiment.settings)
    wanted = {query.qid: place for place, query in enumerate(held)}
    inputs = read_inputs(experiment.with_systems(()), space)
    own = sorted((one for one in inputs.queries if one.qid in wanted), key=lambda one: wanted[one.qid])
    if len(own) < len(held):
        raise SettingsError(f"{len(held) - len(own)} of the held-out queries have no candidates yet.")
    default = replace(default_first_stage(experiment.settings), depth=experiment.settings.depth)
    tried = space.first_stages(default, seed)
    table = values(own, tried, measure, experiment.level)
    found = held_out(table, halves(len(own), SPLITS, seed))
    dense = Setting(replace(default, lists=("dense",), fusion="rrf", rrf_k=60, weight=0.5))
    alone = values(own, [dense], measure, experiment.level)[0]
    return HeldOutValues(alone, found.values, tried[found.best].label())


def system_values(
    experiment: Experiment,
    system: System,
    measure: Measure,
    held: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
) -> Floats | None:
    """The measure of a system over the experiment's own candidates, per query; None where it lacks a ranking."""
    import numpy as np

    keys = experiment.keys(held)
    with experiment.workspace.open() as db:
        answers = rankings.get_rankings(db, keys.values(), [system.key])
    found = []
    for query in held:
        one = answers.get(keys[query.qid], {}).get(system.key)
        if one is None or one.ranking is None:
            return None
        grades, k = qrels.get(query.qid, {}), measure.k or 10
        row = [grades.get(docid, -1) for docid in one.ranking.docids[:k]]
        padded = np.array([row + [-1] * (k - len(row))], dtype=np.int64)
        found.append(measured(padded, tuple(grades.values()), measure, measure.level or experiment.level)[0])
    return np.array(found)


def record_encoder(
    experiment: Experiment,
    measure: Measure,
    learned: Sequence[Query],
    trained: HeldOutValues,
    others: Mapping[str, Floats],
    more: Mapping[str, Floats],
    data: TrainingData,
    settings: EncoderSettings,
    facts: Mapping[str, Any],
    margin: float = DEFAULT_MARGIN,
) -> dict[str, Any]:
    """Everything that people see of a trained encoder, and what it takes to keep it.

    `others`: what is not trained, by name; `more`: other uses of the trained model, shown beside it. `facts`: its
    folder, its losses, seconds, counts of triples.
    """
    compared = compare(LABEL, trained.tuned, others, str(measure), margin, settings.seed)
    names = sorted(others, key=lambda one: -float(others[one].mean()))
    rows: list[dict[str, Any]] = [_row(LABEL, trained.tuned), *(_row(name, own) for name, own in more.items())]
    for name in names:
        one = compared.against[name]
        rows.append({**_row(name, others[name]), "delta": one.mean, "low": one.low, "high": one.high, "p": one.p_value})
    with experiment.workspace.open() as db:
        newest = last_event(db, experiment.dataset.id)
    return {
        "kind": ENCODER,
        "sentence": compared.sentence,
        "outcome": compared.outcome,
        "measure": str(measure),
        "qids": [query.qid for query in learned],
        "held": len(trained.tuned),
        "left_out": 0,
        "notes": [],
        "seed": settings.seed,
        "rows": rows,
        "data": data.to_json(),
        "training": asdict(settings),
        "best": trained.best,
        "settings": experiment.settings.to_json(),
        "grades": newest,
        **facts,
    }


def _row(name: str, own: Floats) -> dict[str, Any]:
    return {"name": name, "value": float(own.mean()), "delta": None, "low": None, "high": None, "p": None}


def model_card(found: Mapping[str, Any]) -> str:
    """README.md of the folder, in Markdown."""
    rows = "\n".join(f"| {row['name']} | {row['value']:.4f} |" for row in found["rows"])
    training = "\n".join(f"- {name}: {value}" for name, value in found["training"].items())
    return (
        "---\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\n"
        f"license: apache-2.0\nbase_model: sentence-transformers/all-MiniLM-L6-v2\n---\n\n"
        f"# Encoder trained by Rerank Lens\n\n{found['sentence']}\n\n"
        f"Continued from all-MiniLM-L6-v2 ({LICENCE}). The licence of your own texts and grades is yours to say.\n\n"
        f"## Data\n\n{found['data']['sentence']} Hash of the data: `{found['data']['data_hash']}`. "
        f"{found['triples']:,} triples, {found['weak']:,} of them with a weak negative.\n\n"
        f"## Settings\n\n{training}\n\n## {found['measure']} on {found['held']:,} queries that it did not see\n\n"
        f"| | {found['measure']} |\n|---|---|\n"
        f"{rows}\n"
    )


def save_encoder(workspace: Workspace, found: Mapping[str, Any], name: str, dataset: str) -> str:
    """Keep the trained model as a reranker (cosine) and as a dense model of this name; return the system's id.

    Both carry the mark of the queries that it has seen; the held-out ones are not among them. Raises SettingsError
    where its folder is gone, and as `add_variant` does for the name.
    """
    folder = Path(str(found.get("folder", "")))
    if not (folder / "config.json").is_file():
        raise SettingsError(f"The trained model is not at {folder} any more: train it again.")
    kept = add_variant(workspace, name, f"bi-encoder:{folder}", {})
    add_dense_model(workspace, DenseModel(name=str(folder)), kept)
    wanted = set(found["qids"])
    facts = {**json.loads(json.dumps(dict(found))), "by": TRAINING, "dataset": dataset}
    with workspace.write() as db:
        queries = [q for q in datasets.get_queries(db, datasets.get_dataset(db, dataset).id) if q.qid in wanted]
        put_tuned(db, kept, queries, facts)
        put_trained_model(db, str(folder), queries, facts)
    return kept
