"""How queries are split, and which first stage each fold has: chosen by the queries that it learns from, alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.systems.composites.spec import Floor, OwnFirstStage
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.training.folds import FOLDS, folds
from rerank_core.tuning.held_out import LEAST_QUERIES, held_out
from rerank_core.tuning.inputs import as_settings, default_first_stage, read_inputs
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.tuning.tune import check_graded
from rerank_core.tuning.values import check_measure, values
from rerank_core.types import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be ranked before anything is fitted, and how it is split.

    `queries`: the graded ones that have all lists. `inside`: which of them each fold learns from; shape (folds,
    queries). `settings`: of the first stage, per fold; `final`: chosen by all queries. `before`, `tuned`: the measure
    of the first stage as it is set, and tuned out of fold; shape (queries,). `left_out`: graded queries
    that lack a list.
    """

    experiment: Experiment
    measure: Measure
    queries: tuple[Query, ...]
    inside: NDArray[np.bool_]
    settings: tuple[RetrievalSettings, ...]
    final: RetrievalSettings
    before: NDArray[np.float64]
    tuned: NDArray[np.float64]
    left_out: int
    seed: int

    def experiments(self) -> dict[RetrievalSettings, Experiment]:
        """Each first stage that some fold has, once, with the systems that are asked over it."""
        own = dict.fromkeys((*self.settings, self.final))
        members = asked(self.experiment)[0]
        return {one: replace(self.experiment, settings=one, baseline=FIRST_STAGE, systems=members) for one in own}


def asked(experiment: Experiment) -> tuple[tuple[System, ...], tuple[str, ...]]:
    """The systems of the experiment that a blend can ask, and why the others are left out, a sentence each.

    The first stage is always asked, and not among them.
    """
    kept, said = [], []
    with experiment.workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    seen = chosen_on_queries(experiment, queries)
    for system in experiment.systems:
        if system.id == FIRST_STAGE:
            continue
        if system.problem:
            said.append(f"{system.label} is left out: {system.problem}")
        elif isinstance(system.spec, OwnFirstStage | Floor):
            said.append(f"{system.label} is left out: it decides itself which passages it ranks.")
        elif system.model.family == IMPORTED:
            said.append(f"{system.label} is left out: an imported run ranks its own passages.")
        elif system.id in seen:
            said.append(
                f"{system.label} is left out: it has seen {counted(seen[system.id], 'query', 'queries')} of these."
            )
        else:
            kept.append(system)
    return tuple(kept), tuple(said)


def first_stage_space(settings: RetrievalSettings) -> SearchSpace:
    """What is tried of the first stage: its own lists, alone and fused, at its own depth."""
    names = settings.retrievers[:2]
    lists = tuple((name,) for name in names) + ((tuple(names),) if len(names) == 2 else ())
    return SearchSpace(lists=lists, depths=(settings.depth,))


def plan(experiment: Experiment, measure: Measure | str = "nDCG@10", count: int = FOLDS, seed: int = 0) -> Plan:
    """Split the graded queries and choose each fold's first stage; reads kept lists, asks no model.

    `count`: of folds. Raises SettingsError where fewer than 20 queries are graded or have their lists (see
    `ranking.training.rank_lists`), for a measure that is not searched, and for a search engine elsewhere.
    """
    parsed = parse_measure(measure) if isinstance(measure, str) else measure
    parsed = parsed.at_level(experiment.level)
    check_measure(parsed)
    check_graded(experiment)
    space = first_stage_space(experiment.settings)
    inputs = read_inputs(experiment.with_systems(()), space)
    if len(inputs.queries) < LEAST_QUERIES:
        raise SettingsError(
            f"Nothing can be learned yet: {counted(len(inputs.queries), 'graded query has', 'graded queries have')} "
            f"candidates, and {LEAST_QUERIES} are needed."
        )
    with experiment.workspace.open() as db:
        texts = {query.qid: query for query in datasets.get_queries(db, experiment.dataset.id)}
    queries = tuple(texts[one.qid] for one in inputs.queries)
    inside = folds(queries, count, seed)
    tried = space.first_stages(default_first_stage(experiment.settings), seed)
    table = values(inputs.queries, tried, parsed, experiment.level)
    found = held_out(table, inside)
    return Plan(
        experiment=experiment,
        measure=parsed,
        queries=queries,
        inside=inside,
        settings=tuple(as_settings(tried[place].first, experiment.settings) for place in found.chosen),
        final=as_settings(tried[found.best].first, experiment.settings),
        before=table[0],
        tuned=found.values,
        left_out=inputs.graded - len(queries),
        seed=seed,
    )
