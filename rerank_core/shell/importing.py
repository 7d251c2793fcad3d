"""The verbs that bring something in, and those that change the passages that are in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rerank_core.corpus.additions import import_trec_run
from rerank_core.corpus.changes import ChangeReport, PassageChange, change_passages
from rerank_core.corpus.ingest import ImportOptions, import_dataset, import_judgments, import_queries
from rerank_core.corpus.report import ImportReport
from rerank_core.corpus.survey.names import parse_part
from rerank_core.errors import SettingsError
from rerank_core.experiment.dataset_language import dense_note, found_language
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import Call, VerbResult, facts_result
from rerank_core.store import datasets
from rerank_core.views.import_report import not_read_sentences
from rerank_core.views.passage_changes import change_sentences


def import_(call: Call) -> VerbResult:
    """The report of an import."""
    names = ("split", "all_queries", "queries", "qrels")
    options = ImportOptions(**{name: getattr(call.options, name) for name in names}, **_reading(call))
    report = import_dataset(call.workspace, call.options.name, call.options.path, options, call.progress)
    with call.workspace.open() as db:
        code = found_language(call.workspace, datasets.get_dataset(db, call.options.name))
    note = dense_note(code, RetrievalSettings())
    return _reported(report, code, note)


def _reading(call: Call) -> dict[str, Any]:
    """The options that say how files are read. Raises SettingsError."""
    names = ("id_field", "title_field", "text_field", "chunk_words", "overlap_words")
    parts = dict(parse_part(text) for text in call.options.parts)
    return {**{name: getattr(call.options, name) for name in names}, "parts": parts}


def _reported(report: ImportReport, language: str = "", note: str = "") -> VerbResult:
    """All of it for programs; for people a sentence for what was not read, a note, and the rest by name."""
    facts = report.to_dict() | ({"language": language} if language else {})
    shown = facts_result({name: value for name, value in facts.items() if name != "not_read"})
    return VerbResult(facts, (*not_read_sentences(report.not_read), *([note] if note else [])), shown.rows)


def update(call: Call) -> VerbResult:
    """The report of passages that were added, replaced, and where asked for removed."""
    options = call.options
    reading = ImportOptions(**_reading(call))
    change = PassageChange(options.path, only_these=options.only_these, options=reading, preview=options.dry_run)
    return _changed(change_passages(call.workspace, options.dataset, change, call.progress))


def remove(call: Call) -> VerbResult:
    """The report of passages that were removed. Raises SettingsError where no id is named."""
    options = call.options
    if not options.ids and options.ids_file is None:
        raise SettingsError("Name ids to remove, or a file that has them: --from FILE.")
    change = PassageChange(remove=tuple(options.ids), remove_file=options.ids_file, preview=options.dry_run)
    return _changed(change_passages(call.workspace, options.dataset, change, call.progress))


def _changed(report: ChangeReport) -> VerbResult:
    return VerbResult(report.to_dict(), tuple(change_sentences(report)))


def add_queries(call: Call) -> VerbResult:
    """The report of added queries."""
    return _reported(import_queries(call.workspace, call.options.dataset, call.options.path, call.progress))


def add_labels(call: Call) -> VerbResult:
    """The report of added grades."""
    options = call.options
    return _reported(import_judgments(call.workspace, options.dataset, options.path, options.judge, call.progress))


def add_run(call: Call) -> VerbResult:
    """The id of the run's system, and how the run fits the dataset."""
    options = call.options
    system, report = import_trec_run(call.workspace, options.dataset, options.path, options.name, options.ties)
    answer = facts_result(
        {
            "system": system,
            "queries": report.queries,
            "queries the dataset does not have": report.unknown_queries.count,
            "queries the run does not have": report.missing_queries.count,
            "passages the dataset does not have": report.unknown_docs.count,
            "ids that differ in Unicode form only": report.met_by_form.count,
            "places tied with the one before": report.tied,
            "queries whose ranks and scores disagree": len(report.rank_column.against),
        }
    )
    sentence = report.rank_column.sentence()
    return replace(answer, lines=(sentence,)) if sentence else answer
