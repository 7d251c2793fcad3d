"""What a search reads: kept lists, kept scores and grades; and what is missing of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import median

from sqlite_utils import Database

from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.waiting import about
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.retrieval.settings import MAX_DEPTH, RUN, WEIGHTED, RetrievalSettings
from rerank_core.store import datasets, evidence, judgments, rankings
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.systems.composites.spec import Cascade
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.tuning.query_lists import QueryLists, query_lists
from rerank_core.tuning.search_space import FirstStage, SearchSpace
from rerank_core.tuning.variant_lists import split_name, variant_of
from rerank_core.types import Query, Ranking, ScoredDoc


@dataclass(frozen=True, slots=True)
class Searched:
    """One system that is searched.

    `reranker`: whose scores place the passages, the system itself or the last step of a cascade. `cheap`: the cascade's
    first step.
    """

    system: System
    reranker: System
    cheap: System | None = None

    @property
    def models(self) -> tuple[System, ...]:
        """The systems whose scores are read."""
        return (self.reranker,) if self.cheap is None else (self.reranker, self.cheap)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is kept, for the graded queries that have all of it.

    `queries`: in the order of import. `graded`: how many queries have a grade. `searched`: the systems, in their order.
    """

    queries: tuple[QueryLists, ...]
    graded: int
    searched: tuple[Searched, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """What has to be made before the search. `queries`: graded queries for which something is missing.

    `pairs`: system id -> pairs to score, at most (a score may be kept from elsewhere). `seconds`: system id -> about
    how long they take; None where nothing was measured yet. `failed`: system id -> queries on which it failed; they
    keep a query out of the search. `labels`: system id -> as people know it.
    """

    queries: int
    pairs: dict[str, int]
    seconds: dict[str, float | None]
    failed: dict[str, int]
    labels: dict[str, str]

    @property
    def nothing(self) -> bool:
        """Whether the search can begin."""
        return not self.queries

    def failures(self) -> list[str]:
        """One sentence per system that failed."""
        return [
            f"{self.labels[system]} failed on {counted(count, 'query', 'queries')}; left out of the search."
            for system, count in self.failed.items()
        ]

    def sentence(self) -> str:
        """What it costs, for a person; "" where nothing is missing."""
        if self.nothing:
            return ""
        parts = []
        for system, pairs in self.pairs.items():
            seconds = self.seconds[system]
            time = "time not measured yet" if seconds is None else about(seconds)
            parts.append(f"{self.labels[system]}: {pairs:,} pairs, {time}")
        asked = f"{counted(self.queries, 'query is', 'queries are')} not ranked deep enough yet"
        return f"{asked}. {'; '.join(parts)}." if parts else f"{asked}: only lists are missing, no model is asked."


def searched(systems: Sequence[System]) -> tuple[Searched, ...]:
    """The systems with what is read of them. Raises SettingsError for one whose scores cannot be searched."""
    return tuple(_searched(system) for system in systems if system.id != FIRST_STAGE)


def _searched(system: System) -> Searched:
    if system.problem:
        raise SettingsError(f"{system.label} cannot be searched: {system.problem}")
    if isinstance(system.spec, Cascade) and len(system.spec.stages) == 2:
        by_id = {member.id: member for member in system.members}
        cheap, last = (by_id[stage.system] for stage in system.spec.stages)
        if cheap.spec is None and last.spec is None and FIRST_STAGE not in (cheap.id, last.id):
            return Searched(system, last, cheap)
    if system.spec is not None:
        raise SettingsError(
            f"{system.label} is made of systems. Search its members instead, or a cascade of two models."
        )
    if system.model.family == IMPORTED:
        raise SettingsError(f"{system.label} is an imported run: it can be a list of the search, not its reranker.")
    return Searched(system, system)


def default_first_stage(settings: RetrievalSettings) -> FirstStage:
    """The first stage that these settings are; a union, which is only an order, counts as RRF."""
    names = settings.retrievers[:2]
    fusion = "rrf" if settings.fusion == "union" else settings.fusion
    weight = settings.shares()[1] if len(names) == 2 else 0.5
    return FirstStage(names, fusion if len(names) == 2 else "rrf", settings.rrf_k, weight, settings.depth)


def as_settings(
    first: FirstStage, settings: RetrievalSettings, variants: Mapping[str, QueryVariant | None] | None = None
) -> RetrievalSettings:
    """The settings that find candidates as `first` says; what it does not name is that of `settings`.

    `variants`: those of the search, by name. Raises SettingsError where `first` names one that is not there.
    """
    two = len(first.lists) == 2
    return replace(
        settings,
        variant=_variant(variant_of(first.lists), settings, variants or {}),
        retrievers=tuple(split_name(name)[0] for name in first.lists),
        fusion=first.fusion if two else "rrf",
        weights=(1 - first.weight, first.weight) if two and first.fusion in WEIGHTED else (),
        rrf_k=first.rrf_k,
        depth=max(10, first.depth),
    )


def list_experiments(experiment: Experiment, space: SearchSpace) -> dict[str, Experiment]:
    """List -> the experiment whose candidates it is, as deep as the search needs; imported runs have none."""
    depth, known = _deep(space), dict(space.variants)
    return {
        name: replace(
            experiment,
            settings=as_settings(FirstStage((name,), depth=depth), experiment.settings, known),
            systems=(),
            baseline=FIRST_STAGE,
        )
        for name in space.list_names
        if not name.startswith(RUN)
    }


def pool_experiment(experiment: Experiment, space: SearchSpace, systems: Sequence[System]) -> Experiment:
    """The experiment whose rankings hold every score that the search may ask for.

    Its candidates are the union of the lists, in turns: twice the deepest depth holds all of both lists to that depth.
    """
    lists = tuple(name for name in space.list_names if split_name(name)[1] is None)
    depth = _deep(space) if len(lists) > 1 else max(space.deepest, 10)
    settings = replace(experiment.settings, retrievers=lists, fusion="union", weights=(), depth=depth)
    pool = replace(experiment, settings=settings, systems=(), baseline=FIRST_STAGE)
    return pool.with_systems(systems)


def pool_experiments(experiment: Experiment, space: SearchSpace, systems: Sequence[System]) -> tuple[Experiment, ...]:
    """`pool_experiment`, and one more for each query variant of the search; a pair that is in two is scored once."""
    first = pool_experiment(experiment, space, systems)
    own = tuple(name for name in first.settings.retrievers if not name.startswith(RUN))
    settings = [
        replace(first.settings, retrievers=own, variant=variant) if own else first.settings
        for _, variant in space.variants
    ]
    return (first, *(replace(first, settings=one) for one in settings))


def _variant(
    name: str | None, settings: RetrievalSettings, variants: Mapping[str, QueryVariant | None]
) -> QueryVariant | None:
    if name is None:
        return settings.variant
    if name not in variants:
        raise SettingsError(f"The search has no query variant '{name}'.")
    return variants[name]


def models_of(asked: Sequence[Searched]) -> tuple[System, ...]:
    """The systems that have to rank the pool, each once."""
    return tuple({model.id: model for one in asked for model in one.models}.values())


def read_inputs(experiment: Experiment, space: SearchSpace) -> Inputs:
    """Read what is kept; nothing is made. Raises as `searched`, and SettingsError for a run that is not there."""
    asked = searched(experiment.systems)
    kept = _Kept(experiment, space, asked)
    found = []
    for query in kept.queries:
        lists, scores = kept.lists(query), kept.scores(query)
        if lists is not None and scores is not None:
            found.append(query_lists(query.qid, lists, scores, kept.qrels[query.qid]))
    return Inputs(tuple(found), len(kept.queries), asked)


def what_is_missing(experiment: Experiment, space: SearchSpace) -> Missing:
    """What would have to be made before the search, and about what it costs. Raises as `read_inputs`.

    It looks at what is kept under which key and reads none of it, so that a page may ask at every run.
    """
    models = models_of(searched(experiment.systems))
    pools = pool_experiments(experiment, space, models)
    with experiment.workspace.open() as db:
        _imported(db, experiment, space)
        qrels = judgments.qrels(db, experiment.dataset.id)
        queries = [query for query in datasets.get_queries(db, experiment.dataset.id) if qrels.get(query.qid)]
        of_pools = [pool.keys(queries) for pool in pools]
        every = [key for keys in of_pools for key in keys.values()]
        answers = rankings.states(db, every, [model.key for model in models])
        sizes = rankings.sizes(db, every)
        of_lists = [one.keys(queries) for one in list_experiments(experiment, space).values()]
        listed = [rankings.sizes(db, own.values()) for own in of_lists]
    most = min(pools[0].settings.depth, experiment.dataset.n_docs)
    unranked, pairs, failed = 0, dict[str, int](), dict[str, int]()
    for query in queries:
        ranked = all(own[query.qid] in kept for own, kept in zip(of_lists, listed, strict=True))
        for model in models:
            states = {keys[query.qid]: answers.get(keys[query.qid], {}).get(model.key) for keys in of_pools}
            if more := [sizes.get(key, most) for key, state in states.items() if state is None]:
                pairs[model.id] = pairs.get(model.id, 0) + sum(more)
                ranked = False
            if "failed" in states.values():
                failed[model.id] = failed.get(model.id, 0) + 1
        unranked += not ranked
    by_id = {model.id: model for model in models}
    per_pair = {name: seconds_per_pair(experiment, pools[0], by_id[name]) for name in pairs}
    seconds = {name: None if (one := per_pair[name]) is None else one * count for name, count in pairs.items()}
    return Missing(unranked, pairs, seconds, failed, {model.id: model.label for model in models})


def seconds_per_pair(experiment: Experiment, pool: Experiment, model: System) -> float | None:
    """How long a model took for one pair: the median over its rankings of the pool, or of the experiment's candidates.

    None where none of them was timed.
    """
    with experiment.workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
        for asked in (pool, experiment):
            keys = asked.keys(queries).values()
            sizes = rankings.sizes(db, keys)
            made = evidence.rankings_made(db, keys, model.key)
            timed = [
                one.seconds / sizes[key] for key, one in made.items() if one.seconds is not None and sizes.get(key)
            ]
            if timed:
                return median(timed)
    return None


def _imported(db: Database, experiment: Experiment, space: SearchSpace) -> dict[str, int]:
    """The imported runs that the space names, list -> id. Raises SettingsError for one that is not there."""
    runs = {RUN + run.name: run.id for run in list_imported(db) if run.dataset == experiment.dataset.name}
    asked = [name for name in space.list_names if name.startswith(RUN)]
    if missing := [name for name in asked if name not in runs]:
        raise SettingsError(f"There is no imported run '{missing[0]}' for {experiment.dataset.name}.")
    return {name: runs[name] for name in asked}


class _Kept:
    """Everything that is read from the workspace, once."""

    def __init__(self, experiment: Experiment, space: SearchSpace, asked: Sequence[Searched]) -> None:
        self.experiment, self.space, self.models = experiment, space, models_of(asked)
        list_of = list_experiments(experiment, space)
        pools = pool_experiments(experiment, space, self.models)
        with experiment.workspace.open() as db:
            self.qrels = judgments.qrels(db, experiment.dataset.id)
            graded = [q for q in datasets.get_queries(db, experiment.dataset.id) if self.qrels.get(q.qid)]
            self.queries: list[Query] = graded
            self._keys = [pool.keys(graded) for pool in pools]
            every = [key for keys in self._keys for key in keys.values()]
            self._answers = rankings.get_rankings(db, every, [model.key for model in self.models])
            self._lists: dict[str, dict[str, Ranking | None]] = {
                name: {qid: rankings.get_candidates(db, key) for qid, key in one.keys(graded).items()}
                for name, one in list_of.items()
            }
            for name, run in _imported(db, experiment, space).items():
                of_run = imported_rankings(db, run)
                self._lists[name] = {q.qid: of_run.get(q.qid, Ranking(q.qid, name, ())) for q in graded}

    def lists(self, query: Query) -> dict[str, tuple[ScoredDoc, ...]] | None:
        """List -> what it found for the query; None where one was not asked yet."""
        found = {name: by_query[query.qid] for name, by_query in self._lists.items()}
        known = {name: ranking.docs for name, ranking in found.items() if ranking is not None}
        return known if len(known) == len(found) else None

    def scores(self, query: Query) -> dict[str, dict[str, float]] | None:
        """System -> docid -> raw score; None where one did not rank the query, or failed on it.

        Raises SettingsError for a system that gives an order without scores.
        """
        found: dict[str, dict[str, float]] = {model.id: {} for model in self.models}
        for model, keys in product(self.models, self._keys):
            answer = self._answers.get(keys[query.qid], {}).get(model.key)
            if answer is None or answer.ranking is None:
                return None
            of_docs = {doc.docid: doc.score for doc in answer.ranking.docs if doc.score is not None}
            if answer.ranking.docs and not of_docs:
                raise SettingsError(f"{model.label} gives an order without scores, so there is nothing to search.")
            found[model.id].update(of_docs)
        return found


def _deep(space: SearchSpace) -> int:
    return min(MAX_DEPTH, max(10, 2 * space.deepest))
