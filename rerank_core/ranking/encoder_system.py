"""An encoder from the grades, from the first list to the figures on queries that were held out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.encoder_training import check_libraries, train_encoder
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.retrieval.dense_model import BUNDLED
from rerank_core.retrieval.encoder import find_model
from rerank_core.store import datasets, judgments
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.training.data import training_data
from rerank_core.training.encoder import (
    ALONE,
    BEFORE,
    TUNED,
    EncoderSettings,
    first_stage_values,
    folder_of,
    model_card,
    record_encoder,
    space_of,
    split,
    system_values,
    with_encoder,
)
from rerank_core.training.plan import asked
from rerank_core.training.triples import triples
from rerank_core.tuning.held_out import LEAST_QUERIES
from rerank_core.tuning.inputs import list_experiments
from rerank_core.tuning.tune import check_graded
from rerank_core.tuning.values import check_measure
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress

_WATCHED_QUERIES, _WATCHED_PASSAGES = 30, 20
LOSSES = "losses.json"


def train_encoder_system(
    pipeline: Pipeline,
    experiment: Experiment,
    measure: Measure | str = "nDCG@10",
    *,
    settings: EncoderSettings | None = None,
    held: Sequence[str] = (),
    margin: float = DEFAULT_MARGIN,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Continue the bundled model on the grades of three quarters of the queries, and measure it on the others.

    `held`: the qids to measure on instead; () for a quarter by lot. Returns what `record_encoder` of `training.encoder`
    says. It can be stopped anywhere and goes on where it was. Raises NotReadyError without the libraries,
    SettingsError where fewer than 20 queries are graded, or fewer than 5 are held out or learned from.
    """
    check_libraries()
    how = settings or EncoderSettings()
    parsed = parse_measure(measure) if isinstance(measure, str) else measure
    parsed = parsed.at_level(experiment.level)
    check_measure(parsed)
    check_graded(experiment)
    started = perf_counter()
    dataset, level = experiment.dataset, experiment.level
    with experiment.workspace.open() as db:
        qrels = judgments.qrels(db, dataset.id)
        graded = [query for query in datasets.get_queries(db, dataset.id) if qrels.get(query.qid)]
    learned, judged = split(graded, held, how.seed)
    if min(len(learned), len(judged)) < LEAST_QUERIES // 4:
        raise SettingsError(f"{len(learned)} queries to learn from and {len(judged)} to measure on are too few.")
    words = replace(
        experiment, settings=replace(experiment.settings, retrievers=("bm25",), fusion="rrf", weights=())
    ).with_systems(())
    candidates = {query.qid: pipeline.candidates(words, query, progress)[1] for query in graded}
    docs = _docs(experiment, qrels, graded, candidates)
    data = training_data(learned, qrels, docs, candidates, level)
    rows = triples(learned, qrels, docs, candidates, level, how.seed)
    folder = folder_of(experiment.workspace, data.data_hash, how)
    losses = _trained(folder, rows, how, _watch(judged, qrels, candidates, docs, parsed, level), progress)
    trained_seconds = perf_counter() - started
    base = _with_both(experiment)
    ours = replace(base, settings=with_encoder(base.settings, folder))
    for one in (base, ours):
        for place, query in enumerate(judged):
            progress(place, len(judged), "lists of the held-out queries")
            for own in list_experiments(one, space_of(one.settings)).values():
                pipeline.candidates(own, query, progress)
    trained, untrained = (first_stage_values(one, parsed, judged, how.seed) for one in (ours, base))
    reranker = System("trained", get(f"bi-encoder:{folder}"))
    members = asked(experiment)[0]
    pipeline.run(base.with_systems([*members, reranker]), judged, progress)
    others = {TUNED: untrained.tuned, BEFORE: untrained.alone}
    for system in members:
        if (reached := system_values(base, system, parsed, judged, qrels)) is not None:
            others[system.label] = reached
    more = {ALONE: trained.alone}
    if (reached := system_values(base, reranker, parsed, judged, qrels)) is not None:
        more["trained encoder as reranker"] = reached
    facts = {
        "folder": str(folder),
        "losses": losses,
        "triples": len(rows),
        "weak": sum(one.weak for one in rows),
        "seconds": trained_seconds,
    }
    found = record_encoder(base, parsed, learned, trained, others, more, data, how, facts, margin)
    (folder / "README.md").write_text(model_card(found), encoding="utf-8")
    return found


def _with_both(experiment: Experiment) -> Experiment:
    """The experiment over BM25 and vectors: an encoder is a first stage that is fused."""
    settings, both = experiment.settings, ("bm25", "dense")
    if settings.retrievers != both:
        settings = replace(settings, retrievers=both, fusion="rrf", weights=())
    return replace(experiment, settings=settings, systems=(), baseline=FIRST_STAGE)


def _docs(
    experiment: Experiment,
    qrels: Mapping[str, Mapping[str, int]],
    graded: Sequence[Query],
    candidates: Mapping[str, Ranking],
) -> dict[str, Doc]:
    wanted = {docid for query in graded for docid in (*qrels[query.qid], *candidates[query.qid].docids)}
    with experiment.workspace.open() as db:
        return datasets.get_docs(db, experiment.dataset.id, sorted(wanted))


def _trained(
    folder: Path, rows: Sequence[Any], how: EncoderSettings, watch: Callable[[Any], float], progress: Progress
) -> list[list[float]]:
    """Train it where it is not there yet, and the losses as they were."""
    if (folder / LOSSES).is_file():
        losses: list[list[float]] = json.loads((folder / LOSSES).read_text("utf-8"))
        return losses
    start = find_model(BUNDLED)
    if start is None:
        raise NotReadyError("The bundled model is not installed.")
    losses = train_encoder(start, rows, folder, how, watch, progress)
    (folder / LOSSES).write_text(json.dumps(losses), encoding="utf-8")
    return losses


def _watch(
    judged: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
    candidates: Mapping[str, Ranking],
    docs: Mapping[str, Doc],
    measure: Measure,
    level: int,
) -> Callable[[Any], float]:
    """The measure of some held-out queries' first passages by BM25, ordered by the model: for people to see."""
    import numpy as np

    from rerank_core.tuning.values import measured

    some = [query for query in judged if candidates[query.qid].docs][:_WATCHED_QUERIES]

    def value(model: Any) -> float:
        found = []
        for query in some:
            ids = [one for one in candidates[query.qid].docids[:_WATCHED_PASSAGES] if one in docs]
            texts = [query.text, *(docs[one].content for one in ids)]
            vectors = np.asarray(model.encode(texts, normalize_embeddings=True, show_progress_bar=False))
            order = np.argsort(-(vectors[1:] @ vectors[0]), kind="stable")[: measure.k or 10]
            grades = [qrels[query.qid].get(ids[place], -1) for place in order]
            row = np.array([grades + [-1] * ((measure.k or 10) - len(grades))], dtype=np.int64)
            found.append(measured(row, tuple(qrels[query.qid].values()), measure, measure.level or level)[0])
        return float(np.mean(found)) if found else 0.0

    return value
