"""A model from the grades, from the first list to the figures on queries that were held out."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_training import Watch, check_libraries
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, judgments
from rerank_core.training.models.extras import LEARNING_CURVE, OUT_OF_FOLD, check_extras, prices
from rerank_core.training.models.folder import folder_of, model_card
from rerank_core.training.models.measured import Measured, joined
from rerank_core.training.models.record import record_model
from rerank_core.training.models.split import Part, parts, smaller, split
from rerank_core.training.models.world import World
from rerank_core.training.plan import asked
from rerank_core.tuning.tune import check_graded
from rerank_core.tuning.values import check_measure
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress, text_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WATCHED_QUERIES = 30


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
    members, notes = asked(experiment)
    experiment = recipe.over(experiment).with_systems(members)
    world = _world(recipe.pipeline, experiment, measure, recipe.settings.seed, progress)
    part = split(world.queries, held, world.seed)
    _refuse_seen(recipe, part.judged if OUT_OF_FOLD not in extras else world.queries)
    data = world.data(part.learned)
    folder = _folder(recipe, world, part)
    trained = recipe.train(world, part, folder, _watch(recipe, world, part), progress, "")
    kept = _Kept(folder)
    measured, seconds = _measured(recipe, world, part, folder, kept, progress)
    found, curve = measured, {}
    if LEARNING_CURVE in extras:
        curve = _curve(recipe, world, part, folder, kept, progress)
    if OUT_OF_FOLD in extras:
        if held:
            raise SettingsError("Queries are measured out of fold, or those that you name are: not both.")
        others = parts(world.queries, world.seed)[1:]
        found = joined([measured, *(_of_fold(recipe, world, one, folder, kept, progress) for one in others)])
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
    result = record_model(experiment, world.measure, found, curve, facts, margin)
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


def _folder(recipe: Recipe, world: World, part: Part) -> Path:
    made_of = {**recipe.made_of, "settings": asdict(recipe.settings), "level": world.experiment.level}
    made_of["data"] = world.data(part.learned).data_hash
    return folder_of(world.experiment.workspace, recipe.kind, made_of)


def _watch(recipe: Recipe, world: World, part: Part) -> Watch:
    """The measure of some held-out queries' first passages: for people to see, nothing is chosen by it."""
    some = [query for query in part.judged if world.candidates[query.qid].docs][:_WATCHED_QUERIES]
    return lambda model: float(world.quick(recipe.scores(model), some).mean()) if some else 0.0


def _measured(
    recipe: Recipe, world: World, part: Part, folder: Path, kept: _Kept, progress: Progress
) -> tuple[Measured, float]:
    """And how long it took when it was first made."""
    began = perf_counter()
    found = recipe.measure(world, part, folder, progress)
    key = _key("seconds", world, part)
    return found, float(kept.get(key, lambda: perf_counter() - began))


def _curve(
    recipe: Recipe, world: World, part: Part, folder: Path, kept: _Kept, progress: Progress
) -> dict[float, Floats]:
    """Share of the grades -> the quick measure on the held-out queries."""
    import numpy as np

    def values(share: float, own: Part) -> list[float]:
        what = f"{round(share * 100)} % of the grades: "
        where = folder if share == 1.0 else _trained_aside(recipe, world, own, folder, progress, what)
        progress(0, 0, f"{what}measuring")
        found: list[float] = world.quick(recipe.scores(recipe.opened(where)), own.judged).tolist()
        return found

    curve = {}
    for share, own in {**smaller(part, world.seed), 1.0: part}.items():
        curve[share] = np.array(kept.get(_key("curve", world, own), partial(values, share, own)))
        _forget_aside(folder)
    return curve


def _of_fold(recipe: Recipe, world: World, part: Part, folder: Path, kept: _Kept, progress: Progress) -> Measured:
    """A part that is held out by another model, which is not kept."""

    def made() -> dict[str, Any]:
        where = _trained_aside(recipe, world, part, folder, progress, "another fold: ")
        return recipe.measure(world, part, where, progress).to_json()

    found = Measured.from_json(kept.get(_key(recipe.kind, world, part), made))
    _forget_aside(folder)
    return found


def _trained_aside(recipe: Recipe, world: World, part: Part, folder: Path, progress: Progress, what: str) -> Path:
    aside = _aside(folder) / _folder(recipe, world, part).name
    return recipe.train(world, part, aside, _watch(recipe, world, part), progress, what).folder


def _forget_aside(folder: Path) -> None:
    """Its figures are kept; the model itself was only made for these."""
    shutil.rmtree(_aside(folder), ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(folder.name + ".aside")


def _key(what: str, world: World, part: Part) -> str:
    asked = (*(system.key for system in world.experiment.systems), world.experiment.settings.to_json())
    read = [what, str(world.measure), str(world.experiment.level), *asked]
    read += [world.data(part.learned).data_hash, world.data(part.judged).data_hash]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()[:16]


class _Kept:
    """Figures of models that are not kept, beside the one that is: so that each is made once."""

    def __init__(self, folder: Path) -> None:
        # not within: whatever lies there names the model's scores
        self._file = folder.with_name(folder.name + ".figures.json")

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """What is kept under this key, made where it is not there yet; plain JSON."""
        there: dict[str, Any] = json.loads(self._file.read_text("utf-8")) if self._file.is_file() else {}
        if key not in there:
            there[key] = make()
            self._file.write_text(json.dumps(there), encoding="utf-8")
        return there[key]
