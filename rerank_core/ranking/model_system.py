"""A model from the grades, from the first list to the figures on queries that were held out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.model_extras import Figures, curve, figures_key, model_folder, of_fold, watch
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_training import check_libraries
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, judgments
from rerank_core.training.models.extras import LEARNING_CURVE, OUT_OF_FOLD, check_extras, prices
from rerank_core.training.models.folder import model_card
from rerank_core.training.models.measured import Measured, joined
from rerank_core.training.models.record import record_model
from rerank_core.training.models.split import Part, parts, split
from rerank_core.training.models.world import World
from rerank_core.training.plan import asked
from rerank_core.tuning.tune import check_graded
from rerank_core.tuning.values import check_measure
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress, text_hash


def train_model_system(
    experiment: Experiment,
    recipe: Recipe,
    measure: Measure | str = "nDCG@10",
    *,
    held: Sequence[str] = (),
    extras: Collection[str] = (),
    margin: float = DEFAULT_MARGIN,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Train on the grades of three quarters of the queries, and measure on the others.

    `held`: the qids to measure on instead; () for a quarter by lot. `extras`: of `training.models.extras`. Returns what
    `record_model` says. It can be stopped anywhere and goes on where it was. Raises NotReadyError without the
    libraries, SettingsError where fewer than 20 queries are graded, or fewer than 5 are held out or learned from.
    """
    check_libraries()
    check_extras(extras)
    if held and OUT_OF_FOLD in extras:
        raise SettingsError("Queries are measured out of fold, or those that you name are: not both.")
    members, notes = asked(experiment)
    experiment = recipe.over(experiment).with_systems(members)
    world = _world(recipe.pipeline, experiment, measure, recipe.settings.seed, progress)
    part = split(world.queries, held, world.seed)
    _refuse_seen(recipe, part.judged if OUT_OF_FOLD not in extras else world.queries)
    data = world.data(part.learned)
    folder = model_folder(recipe, world, part)
    trained = recipe.train(world, part, folder, watch(recipe, world, part), progress, "")
    kept = Figures(folder)
    measured, seconds = _measured(recipe, world, part, folder, kept, progress)
    found, points = measured, {}
    if LEARNING_CURVE in extras:
        points = curve(recipe, world, part, folder, kept, progress)
    if OUT_OF_FOLD in extras:
        others = parts(world.queries, world.seed)[1:]
        found = joined([measured, *(of_fold(recipe, world, one, folder, kept, progress) for one in others)])
    facts = {
        "kind": recipe.kind,
        "name": recipe.name,
        "task": recipe.task,
        "start": recipe.start,
        "licence": recipe.licence,
        "folder": str(folder),
        "qids": [query.qid for query in part.learned],
        "seen_before": sorted(recipe.seen),
        "seed": world.seed,
        "training": asdict(recipe.settings),
        "data": data.to_json(),
        "read": recipe.read(world, part),
        "losses": trained.losses,
        "seconds": trained.seconds,
        "extras": sorted(extras),
        "prices": prices(trained.seconds, seconds),
        "notes": list(notes),
    }
    result = record_model(experiment, world.measure, found, points, facts, margin)
    (folder / "README.md").write_text(model_card(result), encoding="utf-8")
    return result


def _refuse_seen(recipe: Recipe, judged: Sequence[Query]) -> None:
    if count := sum(text_hash(query.text) in recipe.seen for query in judged):
        raise SettingsError(
            f"{recipe.start} has seen {counted(count, 'query', 'queries')} of those that it would be measured on."
        )


def _world(pipeline: Pipeline, experiment: Experiment, measure: Measure | str, seed: int, progress: Progress) -> World:
    parsed = parse_measure(measure) if isinstance(measure, str) else measure
    parsed = parsed.at_level(experiment.level)
    check_measure(parsed)
    check_graded(experiment)
    dataset = experiment.dataset
    if experiment.settings.is_elsewhere:
        raise SettingsError("Candidates of a search engine elsewhere cannot be learned from yet.")
    with experiment.workspace.open() as db:
        qrels = judgments.qrels(db, dataset.id)
        graded = [query for query in datasets.get_queries(db, dataset.id) if qrels.get(query.qid)]
    settings = replace(experiment.settings, retrievers=("bm25",), fusion="rrf", weights=())
    words = replace(experiment, settings=settings).with_systems(())
    candidates = {}
    for place, query in enumerate(graded):
        progress(place, len(graded), "candidates by words")
        candidates[query.qid] = pipeline.candidates(words, query, progress)[1]
    return World(experiment, parsed, tuple(graded), qrels, candidates, _docs(experiment, qrels, candidates), seed)


def _docs(
    experiment: Experiment, qrels: Mapping[str, Mapping[str, int]], candidates: Mapping[str, Ranking]
) -> dict[str, Doc]:
    wanted = {docid for qid, ranking in candidates.items() for docid in (*qrels[qid], *ranking.docids)}
    with experiment.workspace.open() as db:
        return datasets.get_docs(db, experiment.dataset.id, sorted(wanted))


def _measured(
    recipe: Recipe, world: World, part: Part, folder: Path, kept: Figures, progress: Progress
) -> tuple[Measured, float]:
    """And how long it took when it was first made. Where a system failed, it is asked again at the next training."""
    began, key = perf_counter(), figures_key(recipe.kind, world, part)
    there = kept.find(key)
    found = recipe.measure(world, part, folder, progress) if there is None else Measured.from_json(there)
    seconds = kept.get(figures_key("seconds", world, part), lambda: perf_counter() - began)
    if {system.label for system in world.experiment.systems} <= found.others.keys():
        kept.get(key, found.to_json)
        recipe.forget(folder)
    return found, float(seconds)
