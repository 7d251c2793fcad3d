"""Runs: put together from what was kept of each query, listed, checked for staleness, and their times summed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlite_utils import Database

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.evaluation.latency import Latency, Timed, latencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, evidence, rankings
from rerank_core.store import runs as store
from rerank_core.store.evidence import SEARCH, Evidence, Made
from rerank_core.store.runs import Inputs, QueryFacts, Run
from rerank_core.store.workspace import Workspace
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import FIRST_STAGE, System, get_system
from rerank_core.types import Query, text_hash


def record_runs(experiment: Experiment) -> dict[str, Run]:
    """Keep a run of each system that has ranked all queries of the dataset by now, without failing; id -> run.

    A run that went on after a stop is one run; equal inputs are the run that is there already. Imported runs were made
    elsewhere and leave none.
    """
    workspace, dataset, systems = experiment.workspace, experiment.dataset, experiment.systems
    with workspace.open() as db:
        queries = datasets.get_queries(db, dataset.id)
        keys = experiment.keys(queries)
        made = {system.id: evidence.rankings_made(db, keys.values(), system.key) for system in systems}
    whole = [
        system
        for system in systems
        if queries and system.model.family != IMPORTED and all(key in made[system.id] for key in keys.values())
    ]
    if not whole:
        return {}
    with workspace.write() as db:
        docids_of = rankings.get_docids(db, keys.values())
        candidates = _candidates_hash(keys, docids_of)
        return {
            system.id: store.put_run(
                db, dataset.id, _run_of(db, experiment, system, queries, made[system.id], candidates)
            )
            for system in whole
        }


def renew_runs(experiment: Experiment) -> dict[str, Run]:
    """As `record_runs`, with the times that are kept now in place of those of the newest run of each system."""
    workspace, dataset, settings_key = experiment.workspace, experiment.dataset, experiment.settings.key()
    with workspace.write() as db:
        for system in experiment.systems:
            run = store.latest_run(db, dataset.id, system.id, settings_key)
            if run is not None and run.id is not None and run.system_key == system.key:
                store.drop_run(db, run.id)
    return record_runs(experiment)


def _run_of(
    db: Database,
    experiment: Experiment,
    system: System,
    queries: Sequence[Query],
    made: Mapping[str, Made],
    candidates: str,
) -> Run:
    keys, found = experiment.keys(queries), experiment.found_by(system).keys(queries)
    searched = evidence.get_evidence(db, found.values(), SEARCH)
    scored = evidence.get_evidence(db, keys.values(), system.key)
    seconds, docids_of = evidence.search_seconds(db, found.values()), rankings.get_docids(db, found.values())
    scores = system.scores
    unknown = Evidence(None)
    facts = [
        QueryFacts(
            qid=qid,
            pairs=len(docids_of.get(found[qid], ())),
            retrieve_seconds=seconds.get(found[qid]),
            retrieve_cold=searched.get(found[qid], unknown).cold,
            score_seconds=made[key].seconds if scores else None,
            score_cold=scored.get(key, unknown).cold if scores else None,
            tokenize_seconds=scored.get(key, unknown).tokenize_seconds,
            usage=made[key].usage,
        )
        for qid, key in keys.items()
    ]
    had_a_part = [*searched.values(), *scored.values()]
    times = sorted(made[key].at for key in keys.values())
    return Run(
        dataset=experiment.dataset.name,
        system=system.id,
        system_key=system.key,
        inputs=_inputs(experiment, system, queries, candidates),
        settings=experiment.settings.to_json(),
        system_settings=system.settings,
        devices=tuple(
            dict.fromkeys(answer.device for answer in (list(scored.values()) or had_a_part) if answer.device)
        ),
        versions=_each_once(answer.versions for answer in had_a_part),
        started=times[0],
        finished=times[-1],
        queries=tuple(facts),
    )


def staleness(workspace: Workspace, run: Run) -> str:
    """Why a run no longer speaks for its dataset and system, as a sentence; "" where it does."""
    try:
        settings = RetrievalSettings.from_json(run.settings)
        system = get_system(workspace, run.system)
        with workspace.open() as db:
            dataset = datasets.get_dataset(db, run.dataset)
            queries = datasets.get_queries(db, dataset.id)
            experiment = Experiment(workspace, dataset, settings, (system,))
            keys = experiment.keys(queries)
            candidates = rankings.get_docids(db, keys.values())
        return store.stale_reason(run, _inputs(experiment, system, queries, _candidates_hash(keys, candidates)))
    except (NotFoundError, SettingsError) as gone:
        return f"Its system or settings are gone: {gone}"


def run_latencies(run: Run) -> list[Latency]:
    """The times of a run by stage (see `evaluation.latency.STAGES`), cold and warm apart; what was not timed is out.

    A search reads no pairs, so its `pairs_per_second` is None.
    """
    return [
        *latencies("retrieve", _timed((q.retrieve_seconds, q.retrieve_cold, 0) for q in run.queries)),
        *latencies("tokenize", _timed((q.tokenize_seconds, q.score_cold, q.pairs) for q in run.queries)),
        *latencies("score", _timed((q.score_seconds, q.score_cold, q.pairs) for q in run.queries)),
        *latencies("total", _timed(_total(q, _scores(run)) for q in run.queries)),
    ]


def _scores(run: Run) -> bool:
    """See `System.scores`; the run's settings are a composite's spec."""
    own = run.system_settings.get("kind") == "own-first-stage" and run.system_settings.get("system") == FIRST_STAGE
    return run.system != FIRST_STAGE and not own


def seconds_a_query(run: Run) -> float | None:
    """The mean of warm scoring, for cost on a GPU; None where no warm query was timed."""
    warm = [latency for latency in run_latencies(run) if (latency.stage, latency.warmth) == ("score", "warm")]
    return warm[0].mean if warm else None


def queries_hash(queries: Iterable[Query]) -> str:
    """32 hex digits over all qids and texts in their order: what a run keeps of its queries."""
    return text_hash("\x01".join(f"{query.qid}\x00{query.text}" for query in queries))


def _total(query: QueryFacts, scores: bool) -> tuple[float | None, bool | None, int]:
    """Both stages of a query; the first alone where the system does not score."""
    if not scores:
        return query.retrieve_seconds, query.retrieve_cold, query.pairs
    if query.retrieve_seconds is None or query.score_seconds is None:
        return None, None, query.pairs
    flags = {query.retrieve_cold, query.score_cold}
    cold = True if True in flags else None if None in flags else False
    return query.retrieve_seconds + query.score_seconds, cold, query.pairs


def _timed(rows: Iterable[tuple[float | None, bool | None, int]]) -> list[Timed]:
    return [Timed(seconds, cold, pairs) for seconds, cold, pairs in rows if seconds is not None]


def _inputs(experiment: Experiment, system: System, queries: Iterable[Query], candidates: str) -> Inputs:
    return Inputs(
        fingerprint=experiment.dataset.fingerprint,
        queries=queries_hash(queries),
        retrieval=experiment.settings.key(),
        candidates=candidates,
        model=system.made_of,
    )


def _candidates_hash(keys: Mapping[str, str], candidates: Mapping[str, Sequence[str]]) -> str:
    """Over each query's candidate docids in their order; a query without candidates counts as such."""
    lines = ("\x00".join((qid, *candidates.get(key, ("", "not retrieved")))) for qid, key in keys.items())
    return text_hash("\x01".join(lines))


def _each_once(versions: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple({tuple(sorted(version.items())): version for version in versions if version}.values())
