"""The verbs that index and rank, and those that list what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.experiment.connected import fitting
from rerank_core.experiment.dataset_language import dense_note, how_words_are_read, language_of
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.runs import run_latencies, staleness
from rerank_core.experiment.summary import failure_sentence
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.index import search_facts
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import DONE, FAILED, Call, VerbResult, rows_result
from rerank_core.shell.connecting import fill_index
from rerank_core.shell.option_groups import experiment_of, settings_of
from rerank_core.store import datasets, judgments, runs
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems


def list_datasets(call: Call) -> VerbResult:
    """One row per dataset; sentences below name those that this version cannot read."""
    with call.workspace.open() as db:
        rows = [
            {
                "name": row.name,
                "passages": row.n_docs,
                "queries": row.n_queries,
                "graded": judgments.count(db, row.id),
            }
            for row in datasets.list_datasets(db)
        ]
        unreadable = datasets.unreadable_datasets(db)
        strange = {row.name: judgments.unreadable(db, row.id) for row in datasets.list_datasets(db)}
    lines = (
        *(f"'{name}' is not known to this version: {why}" for name, why in unreadable.items()),
        *(f"'{name}': {judgments.unreadable_sentence(count)}" for name, count in strange.items() if count),
    )
    if not lines:
        return rows_result(rows)
    nothing = {"passages": None, "queries": None, "graded": None}
    more = [{"name": name, **nothing, "problem": why} for name, why in unreadable.items()]
    return VerbResult([*rows, *more], lines, rows)


def list_systems(call: Call) -> VerbResult:
    """One row per system, with its state."""
    states = [(system, system.state) for system in all_systems(call.workspace)]
    return rows_result([{"id": system.id, "state": now.kind, "detail": now.detail} for system, now in states])


def list_runs(call: Call) -> VerbResult:
    """One row per run, newest first; the seconds are those of warm scoring. Sentences name the unreadable."""
    options = call.options
    with call.workspace.open() as db:
        dataset = datasets.get_dataset(db, options.dataset).id if options.dataset else None
        kept, unreadable = runs.list_runs(db, dataset, options.system), runs.unreadable_runs(db)
    result = rows_result([_run_row(call.workspace, run) for run in kept])
    named = tuple(f"Run {run} is not known to this version." for run in unreadable)
    return replace(result, lines=named or result.lines)


def _run_row(workspace: Workspace, run: runs.Run) -> dict[str, Any]:
    warm = {time.stage: time for time in run_latencies(run) if time.warmth == "warm"}
    score = warm.get("score")
    return {
        "run": run.id,
        "dataset": run.dataset,
        "system": run.system,
        "depth": _depth(run.settings),
        "queries": len(run.queries),
        "finished": run.finished,
        "p50": score.p50 if score else None,
        "p95": score.p95 if score else None,
        "key": run.key[:10],
        "device": ", ".join(run.devices),
        "stale": staleness(workspace, run),
    }


def _depth(settings: str) -> int | None:
    """None: this version does not know the settings, which the run's staleness says."""
    try:
        return RetrievalSettings.from_json(settings).depth
    except SettingsError:
        return None


def index(call: Call) -> VerbResult:
    """Which indexes a dataset has now, and how each is searched; with --to what was put into an engine's."""
    if call.options.to is not None:
        return fill_index(call)
    with call.workspace.open() as db:
        dataset = datasets.get_dataset(db, call.options.dataset)
        settings = fitting(db, dataset, settings_of(call.options, call.workspace))
    if settings.is_elsewhere:
        raise SettingsError(f"'{dataset.name}' has its index in a search engine.")
    Pipeline(call.workspace).retriever(dataset, settings, call.progress, call.options.pay)
    facts = search_facts(call.workspace.index_folder, dataset.fingerprint, settings)
    searched = {"bm25": "exact", "dense": facts.sentence() if facts is not None else ""}
    code = language_of(call.workspace, dataset, settings)
    languages = {"bm25": code, "dense": ""}
    rows = [
        {"index": name, "passages": dataset.n_docs, "search": searched[name], "language": languages[name]}
        for name in settings.retrievers
        if name in searched
    ]
    read = (how_words_are_read(code, settings),) if "bm25" in settings.retrievers else ()
    return VerbResult(rows, (*read, *_notes(code, settings)), rows)


def _notes(code: str, settings: RetrievalSettings) -> tuple[str, ...]:
    note = dense_note(code, settings)
    return (note,) if note else ()


def run(call: Call) -> VerbResult:
    """One row per system: how many queries it ranked, on how many it failed, and why, the most frequent reason first.

    The reasons follow for a person, one line for each system and reason.
    """
    experiment = experiment_of(call.workspace, call.options, call.options.systems)
    dataset, settings, systems = experiment.dataset, experiment.settings, experiment.systems
    reasons: dict[str, Counter[str]] = {system.id: Counter() for system in systems}
    failed = rank_all(call, experiment, lambda system, why: reasons[system].update([why]))
    rows = [
        {"system": system.id, "queries": dataset.n_queries - failed[system.id], "failed": failed[system.id]}
        for system in systems
    ]
    reported = [
        row | {"reasons": dict(reasons[system.id].most_common())} for system, row in zip(systems, rows, strict=True)
    ]
    lines = tuple(
        failure_sentence(system.id, count, why) for system in systems for why, count in reasons[system.id].most_common()
    )
    notes = _notes(language_of(call.workspace, dataset, settings), settings)
    return VerbResult(reported, (*lines, *notes), rows, FAILED if lines else DONE)


def rank_all(call: Call, experiment: Experiment, because: Callable[[str, str], None] | None = None) -> dict[str, int]:
    """Rank all queries of the dataset; system id -> number of queries on which it failed (`Pipeline.run`)."""
    with call.workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    pipeline = Pipeline(call.workspace)
    if address := getattr(call.options, "on", None):
        from rerank_core.ranking.on_ray import Cluster, score_on_cluster

        cluster = Cluster(address, call.options.workers, call.options.gpus)
        score_on_cluster(pipeline, experiment, queries, cluster, call.progress)
    return pipeline.run(experiment, queries, call.progress, because)
