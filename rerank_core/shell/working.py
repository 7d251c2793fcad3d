"""The verbs that index and rank, and those that list what is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from rerank_core.experiment.dataset_language import dense_note, how_words_are_read, language_of
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.runs import run_latencies, staleness
from rerank_core.experiment.summary import failure_sentence
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.index import search_facts
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import DONE, FAILED, Answer, Call, listed
from rerank_core.shell.option_groups import experiment_of, settings_of
from rerank_core.store import datasets, judgments, runs
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import all_systems


def list_datasets(call: Call) -> Answer:
    """A row a dataset; a person is told below which ones this version cannot read."""
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
    lines = tuple(f"'{name}' is not known to this version: {why}" for name, why in unreadable.items())
    if not lines:
        return listed(rows)
    nothing = {"passages": None, "queries": None, "graded": None}
    more = [{"name": name, **nothing, "problem": why} for name, why in unreadable.items()]
    return Answer([*rows, *more], lines, rows)


def list_systems(call: Call) -> Answer:
    """A row a system, with its state."""
    found = [(system, system.state) for system in all_systems(call.workspace)]
    return listed([{"id": system.id, "state": now.kind, "detail": now.detail} for system, now in found])


def list_runs(call: Call) -> Answer:
    """A row a run, newest first; the seconds are those of warm scoring, a query."""
    options = call.options
    with call.workspace.open() as db:
        dataset = datasets.get_dataset(db, options.dataset).id if options.dataset else None
        found = runs.list_runs(db, dataset, options.system)
    return listed([_run_row(call.workspace, one) for one in found])


def _run_row(workspace: Workspace, one: runs.Run) -> dict[str, Any]:
    warm = {time.stage: time for time in run_latencies(one) if time.warmth == "warm"}
    score = warm.get("score")
    return {
        "run": one.id,
        "dataset": one.dataset,
        "system": one.system,
        "depth": RetrievalSettings.from_json(one.settings).depth,
        "queries": len(one.queries),
        "finished": one.finished,
        "p50": score.p50 if score else None,
        "p95": score.p95 if score else None,
        "key": one.key[:10],
        "device": ", ".join(one.devices),
        "stale": staleness(workspace, one),
    }


def index(call: Call) -> Answer:
    """Which indexes a dataset has now, and how each is searched."""
    with call.workspace.open() as db:
        dataset = datasets.get_dataset(db, call.options.dataset)
    settings = settings_of(call.options)
    Pipeline(call.workspace).retriever(dataset, settings, call.progress)
    facts = search_facts(call.workspace.index_folder, dataset.fingerprint, settings)
    searched = {"bm25": "exact", "dense": facts.sentence() if facts is not None else ""}
    code = language_of(call.workspace, dataset, settings)
    languages = {"bm25": code, "dense": ""}
    rows = [
        {"index": name, "passages": dataset.n_docs, "search": searched[name], "language": languages[name]}
        for name in settings.retrievers
    ]
    read = (how_words_are_read(code, settings),) if "bm25" in settings.retrievers else ()
    return Answer(rows, (*read, *_notes(code, settings)), rows)


def _notes(code: str, settings: RetrievalSettings) -> tuple[str, ...]:
    note = dense_note(code, settings)
    return (note,) if note else ()


def run(call: Call) -> Answer:
    """A row a system: how many queries it ranked, on how many it failed, and why, the most frequent reason first.

    A person is told the reasons below, one line for each system and reason.
    """
    experiment = experiment_of(call.workspace, call.options, call.options.systems)
    dataset, settings, systems = experiment.dataset, experiment.settings, experiment.systems
    reasons: dict[str, Counter[str]] = {one.id: Counter() for one in systems}
    failed = rank_all(call, experiment, lambda one, why: reasons[one].update([why]))
    rows = [
        {"system": one.id, "queries": dataset.n_queries - failed[one.id], "failed": failed[one.id]} for one in systems
    ]
    told = [row | {"reasons": dict(reasons[one.id].most_common())} for one, row in zip(systems, rows, strict=True)]
    lines = tuple(
        failure_sentence(one.id, count, why) for one in systems for why, count in reasons[one.id].most_common()
    )
    notes = _notes(language_of(call.workspace, dataset, settings), settings)
    return Answer(told, (*lines, *notes), rows, FAILED if lines else DONE)


def rank_all(call: Call, experiment: Experiment, because: Callable[[str, str], None] | None = None) -> dict[str, int]:
    """Rank all queries of the dataset; system id -> number of queries on which it failed (`Pipeline.run`)."""
    with call.workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    return Pipeline(call.workspace).run(experiment, queries, call.progress, because)
