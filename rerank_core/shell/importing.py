"""The verbs that bring something in."""

from __future__ import annotations

from rerank_core.imported_runs import import_trec_run
from rerank_core.ingest import ImportOptions, import_dataset, import_judgments, import_queries
from rerank_core.shell.answer import Answer, Call, told


def import_(call: Call) -> Answer:
    """The report of an import."""
    names = ("split", "all_queries", "queries", "qrels", "chunk_words", "overlap_words")
    options = ImportOptions(**{name: getattr(call.options, name) for name in names})
    return told(import_dataset(call.workspace, call.options.name, call.options.path, options, call.progress).to_dict())


def add_queries(call: Call) -> Answer:
    """The report of added queries."""
    return told(import_queries(call.workspace, call.options.dataset, call.options.path, call.progress).to_dict())


def add_labels(call: Call) -> Answer:
    """The report of added grades."""
    options = call.options
    return told(import_judgments(call.workspace, options.dataset, options.path, options.judge, call.progress).to_dict())


def add_run(call: Call) -> Answer:
    """The id of the run's system, and how the run fits the dataset."""
    options = call.options
    system, report = import_trec_run(call.workspace, options.dataset, options.path, options.name, options.ties)
    return told(
        {
            "system": system,
            "queries": report.queries,
            "queries the dataset does not have": report.unknown_queries.count,
            "queries the run does not have": report.missing_queries.count,
            "passages the dataset does not have": report.unknown_docs.count,
            "places tied with the one before": report.tied,
        }
    )
