"""Models trained beside the one that is kept, for a learning curve and for the other folds; and their figures."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.evaluation.numbers import figure
from rerank_core.ranking.model_recipe import Recipe
from rerank_core.ranking.model_training import Watch
from rerank_core.training.models.folder import folder_of
from rerank_core.training.models.measured import Measured
from rerank_core.training.models.split import Part, smaller
from rerank_core.training.models.world import World
from rerank_core.types import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WATCHED_QUERIES = 30


def model_folder(recipe: Recipe, world: World, part: Part) -> Path:
    """Where the model of this part lies; with other grades, passages or settings it is another folder."""
    made_of = {**recipe.made_of, "settings": asdict(recipe.settings), "level": world.experiment.level}
    made_of |= {"data": world.data(part.learned).data_hash, "passages": world.experiment.dataset.fingerprint}
    return folder_of(world.experiment.workspace, recipe.kind, made_of)


def watch(recipe: Recipe, world: World, part: Part) -> Watch:
    """The measure of some held-out queries' first passages: for people to see, nothing is chosen by it."""
    some = [query for query in part.judged if world.candidates[query.qid].docs][:_WATCHED_QUERIES]
    if not some:
        return lambda model: "figure not known"
    return lambda model: f"{world.measure} {figure(world.quick(recipe.scores(model), some).mean())}"


def curve(
    recipe: Recipe, world: World, part: Part, folder: Path, kept: Figures, progress: Progress
) -> dict[float, Floats]:
    """Share of the grades -> the quick measure on the held-out queries."""
    import numpy as np

    def values(share: float, own: Part) -> list[float]:
        what = f"{round(share * 100)} % of the grades: "
        where = folder if share == 1.0 else _trained_aside(recipe, world, own, folder, progress, what)
        progress(0, 0, f"{what}measuring")
        found: list[float] = world.quick(recipe.scores(recipe.opened(where)), own.judged).tolist()
        return found

    points = {}
    for share, own in {**smaller(part, world.seed), 1.0: part}.items():
        points[share] = np.array(kept.get(figures_key("curve", world, own), partial(values, share, own)))
        _forget_aside(folder)
    return points


def of_fold(recipe: Recipe, world: World, part: Part, folder: Path, kept: Figures, progress: Progress) -> Measured:
    """A part that is held out by another model, which is not kept."""

    def made() -> dict[str, Any]:
        where = _trained_aside(recipe, world, part, folder, progress, "another fold: ")
        return recipe.measure(world, part, where, progress).to_json()

    found = Measured.from_json(kept.get(figures_key(recipe.kind, world, part), made))
    _forget_aside(folder)
    return found


def _trained_aside(recipe: Recipe, world: World, part: Part, folder: Path, progress: Progress, what: str) -> Path:
    aside = _aside(folder) / model_folder(recipe, world, part).name
    return recipe.train(world, part, aside, watch(recipe, world, part), progress, what).folder


def _forget_aside(folder: Path) -> None:
    """Its figures are kept; the model itself was only made for these."""
    shutil.rmtree(_aside(folder), ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(folder.name + ".aside")


def figures_key(what: str, world: World, part: Part) -> str:
    """Another one whenever the figures would be others."""
    asked = (*(system.key for system in world.experiment.systems), world.experiment.settings.to_json())
    read = [what, str(world.measure), str(world.experiment.level), *asked]
    read += [world.data(part.learned).data_hash, world.data(part.judged).data_hash]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()[:16]


class Figures:
    """Figures of models that are not kept, beside the one that is: so that each is made once."""

    def __init__(self, folder: Path) -> None:
        # not within: whatever lies there names the model's scores
        self._file = folder.with_name(folder.name + ".figures.json")

    def find(self, key: str) -> Any:
        """What is kept under this key; None where nothing is."""
        return self._there().get(key)

    def get(self, key: str, make: Callable[[], Any]) -> Any:
        """What is kept under this key, made where it is not there yet; plain JSON."""
        there = self._there()
        if key not in there:
            there[key] = make()
            self._file.write_text(json.dumps(there), encoding="utf-8")
        return there[key]

    def _there(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._file.read_text("utf-8")) if self._file.is_file() else {}
        return found
