"""What each verb does: takes the options, returns a plain value that prints as a table or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from rerank_core.comparison import all_rankings
from rerank_core.corpus.beir import write_beir
from rerank_core.corpus.trec import read_qrels, read_run, write_qrels, write_run
from rerank_core.errors import BadInputError, RerankLensError
from rerank_core.evaluation.compare import compare_all
from rerank_core.evaluation.measures import evaluate as evaluate_rankings
from rerank_core.evaluation.measures import mean, missing_queries
from rerank_core.evaluation.names import parse_measure
from rerank_core.evaluation.verdict import verdict
from rerank_core.imported_runs import import_trec_run
from rerank_core.ingest import ImportOptions, import_dataset, import_judgments, import_queries
from rerank_core.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.runs import run_latencies, staleness
from rerank_core.scoreboard import Scoreboard
from rerank_core.shell.options import settings_of
from rerank_core.store import datasets, judgments, runs
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.workspace import Workspace
from rerank_core.systems import System, all_systems, get_system
from rerank_core.types import Progress, Query, Ranking

Rows = list[dict[str, Any]]
Verb = Callable[[Workspace, argparse.Namespace, Progress], Any]


def import_(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Any:
    """The report of an import."""
    names = ("split", "all_queries", "queries", "qrels", "chunk_words", "overlap_words")
    options = ImportOptions(**{name: getattr(arguments, name) for name in names})
    return import_dataset(workspace, arguments.name, arguments.path, options, progress).to_dict()


def add_queries(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Any:
    """The report of added queries."""
    return import_queries(workspace, arguments.dataset, arguments.path, progress).to_dict()


def add_labels(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Any:
    """The report of added grades."""
    return import_judgments(workspace, arguments.dataset, arguments.path, arguments.judge, progress).to_dict()


def list_datasets(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """A row a dataset."""
    with workspace.open() as db:
        return [
            {"name": row.name, "passages": row.n_docs, "queries": row.n_queries, "graded": judgments.count(db, row.id)}
            for row in datasets.list_datasets(db)
        ]


def import_run(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """The id of the run's system, and how the run fits the dataset."""
    system, report = import_trec_run(workspace, arguments.dataset, arguments.path, arguments.name, arguments.ties)
    return {
        "system": system,
        "queries": report.queries,
        "queries the dataset does not have": report.unknown_queries.count,
        "queries the run does not have": report.missing_queries.count,
        "passages the dataset does not have": report.unknown_docs.count,
        "places tied with the one before": report.tied,
    }


def list_runs(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """A row a run, newest first; the seconds are those of warm scoring, a query."""
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, arguments.dataset).id if arguments.dataset else None
        found = runs.list_runs(db, dataset, arguments.system)
    return [_run_row(workspace, one) for one in found]


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


def list_systems(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """A row a system, with its state."""
    found = [(system, system.state) for system in all_systems(workspace)]
    return [{"id": system.id, "state": now.kind, "detail": now.detail} for system, now in found]


def index(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """Which indexes a dataset has now."""
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, arguments.dataset)
    settings = settings_of(arguments)
    Pipeline(workspace).retriever(dataset, settings, progress)
    return [{"index": name, "passages": dataset.n_docs} for name in settings.retrievers]


def run(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """A row a system: how many queries it ranked, and on how many it failed."""
    dataset, queries, systems = _view(workspace, arguments)
    failed = Pipeline(workspace).run(dataset, queries, settings_of(arguments), systems, progress)
    return [{"system": one.id, "queries": len(queries) - failed[one.id], "failed": failed[one.id]} for one in systems]


def evaluate(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """A row a system: means over the same queries, and the verdict on the first measure against the baseline."""
    dataset, _, systems = _view(workspace, arguments)
    if arguments.baseline not in [system.id for system in systems]:
        raise RerankLensError(f"The baseline '{arguments.baseline}' is not among --systems.")
    measures = [parse_measure(name) for name in arguments.measures.split(",")]
    board = Scoreboard(
        workspace, dataset, settings_of(arguments), systems, measures, arguments.baseline, arguments.level
    )
    board.read_rankings()
    means = board.means()
    first = {system.id: board.per_query(system.id, measures[0]) for system in systems}
    compared = compare_all(first, arguments.baseline, str(measures[0]))
    rows = []
    for system in systems:
        values = means.values[system.id]
        row: dict[str, Any] = {"system": system.id, "queries": means.n}
        row |= {str(one.at_level(arguments.level)): values[one] if values else None for one in measures}
        comparison = compared.get(system.id)
        row["verdict"] = verdict(comparison) if comparison is not None else ""
        rows.append(row)
    return rows


def measure(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """A row a run file: means over all judged queries; a query with nothing returned counts 0."""
    qrels: dict[str, dict[str, int]] = {}
    for grade in read_qrels(arguments.qrels):
        if grade.grade is not None:
            qrels.setdefault(grade.query, {})[grade.docid] = grade.grade
    measures = [parse_measure(name) for name in arguments.measures.split(",")]
    rows = []
    for path in arguments.runs:
        ranked = {qid: ranking.docids for qid, ranking in read_run(path, ties=arguments.ties).items()}
        values = evaluate_rankings(ranked, qrels, measures, arguments.level)
        missing = missing_queries(ranked, qrels)
        row: dict[str, Any] = {"run": path.name, "queries": len(qrels), "missing": len(missing)}
        row |= {str(one.at_level(arguments.level)): mean(values[one], missing).value for one in measures}
        rows.append(row)
    return rows


def export(workspace: Workspace, arguments: argparse.Namespace, progress: Progress) -> Rows:
    """What was written, and where."""
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, arguments.dataset)
        queries = datasets.get_queries(db, dataset.id)
        qrels = judgments.qrels(db, dataset.id)
    if arguments.what == "qrels":
        write_qrels(arguments.path, qrels)
    elif arguments.what == "beir":
        write_beir(arguments.path, StoredCorpus(workspace, dataset).docs(), queries, {"test": qrels})
    else:
        write_run(arguments.path, _run_of(workspace, dataset, arguments), arguments.system)
    return [{"written": arguments.what, "path": str(arguments.path)}]


def _run_of(workspace: Workspace, dataset: datasets.DatasetRow, arguments: argparse.Namespace) -> list[Ranking]:
    system = get_system(workspace, arguments.system)
    found = all_rankings(workspace, dataset, settings_of(arguments), system)
    if not found:
        raise BadInputError("export", None, f"'{system.id}' has not been run with these settings", "a run first")
    return list(found.values())


def _view(workspace: Workspace, arguments: argparse.Namespace) -> tuple[datasets.DatasetRow, list[Query], list[System]]:
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, arguments.dataset)
        queries = datasets.get_queries(db, dataset.id)
    return dataset, queries, [get_system(workspace, one) for one in arguments.systems.split(",")]


VERBS: dict[str, Verb] = {
    "import": import_,
    "import-queries": add_queries,
    "import-labels": add_labels,
    "import-run": import_run,
    "datasets": list_datasets,
    "runs": list_runs,
    "systems": list_systems,
    "index": index,
    "run": run,
    "evaluate": evaluate,
    "measure": measure,
    "export": export,
}
