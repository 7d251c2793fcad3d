"""What a trained reranker reaches on queries that were held out, and everything that it is compared with there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.systems.systems import System
from rerank_core.training.models.measured import TUNED, Measured, first_stage_values, system_values
from rerank_core.training.models.split import Part
from rerank_core.training.models.world import World
from rerank_core.training.plan import first_stage_space
from rerank_core.tuning.inputs import list_experiments
from rerank_core.types import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def measured_reranker(
    pipeline: Pipeline,
    world: World,
    part: Part,
    trained: System,
    started: tuple[str, System] | None,
    more: Mapping[str, System],
    progress: Progress,
) -> Measured:
    """Over the experiment's candidates; beside it the tuned first stage and the experiment's systems.

    `started`: what the model goes on from, where that ranks too, and its name there; it stands for the experiment's
    system that is the same. `more`: other states of the model, by their names, not compared with. Raises SettingsError
    where the trained model has no ranking of a query.
    """
    base, judged, space = world.experiment, part.judged, first_stage_space(world.experiment.settings)
    for place, query in enumerate(judged):
        progress(place, len(judged), "lists of the held-out queries")
        for one in list_experiments(base, space).values():
            pipeline.candidates(one, query, progress)
    compared = {one.label: one for one in base.systems if started is None or one.key != started[1].key}
    compared = dict([started] if started else []) | compared
    pipeline.run(base.with_systems([*compared.values(), *more.values(), trained]), judged, progress)

    def reached(systems: Mapping[str, System]) -> dict[str, Floats]:
        found = {name: system_values(base, one, world.measure, judged, world.qrels) for name, one in systems.items()}
        return {name: values for name, values in found.items() if values is not None}

    own = reached({"": trained}).get("")
    if own is None:
        raise SettingsError("The trained model could not rank the held-out queries.")
    first = first_stage_values(base, space, world.measure, judged, world.seed)
    return Measured(own, {TUNED: first.tuned, **reached(compared)}, reached(more), {"best": first.best})
