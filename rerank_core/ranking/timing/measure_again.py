"""Times that were taken while the machine was busy, taken once more."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.measured import is_rough
from rerank_core.experiment.runs import renew_runs
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import rankings
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Progress, Query, no_progress


def measure_again(
    pipeline: Pipeline,
    experiment: Experiment,
    queries: Sequence[Query],
    everything: bool,
    progress: Progress = no_progress,
) -> int:
    """Time again what is kept of `queries`: what is rough, or `everything`; how many times were taken.

    The runs that the times stand in are renewed. The times may be rough again, and then say so. Raises CancelledError
    where `progress` does: what was timed until then stays.
    """
    todo = [(query, system) for query in queries for system in _to_time(experiment, query, everything)]
    taken = 0
    for done, (query, system) in enumerate(todo):
        name = system.label if system is not None else "search"
        progress(done, len(todo), f"Measuring again, {name}")
        taken += pipeline.time_again(experiment, query, system, lambda *_: None) is not None
    if taken:
        renew_runs(experiment)
    return taken


def _to_time(experiment: Experiment, query: Query, everything: bool) -> list[System | None]:
    """The systems whose time of a query is to be taken, None for the search; [] where it has no candidates."""
    key = experiment.key(query)
    with experiment.workspace.open() as db:
        found = rankings.get_candidates(db, key)
        kept = rankings.get_rankings(db, [key], [system.key for system in experiment.systems]).get(key, {})
    if found is None:
        return []
    # the time of the first stage as it is is that of the search
    scored = [one for one in experiment.systems if one.key in kept and one.model.family != FIRST_STAGE]
    answers = [(system, kept[system.key].ranking) for system in scored]
    chosen = [system for system, answer in answers if answer is not None and (everything or is_rough(answer))]
    return [*([None] if everything or is_rough(found) else []), *chosen]
