"""The verbs that bring something in, and those that change the passages that are in."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rerank_core.corpus.additions import import_trec_run
from rerank_core.corpus.changes import ChangeReport, PassageChange, change_passages
from rerank_core.corpus.formats.columns import Columns, Role
from rerank_core.corpus.ingest import ImportOptions, import_dataset, import_judgments, import_queries
from rerank_core.corpus.report import ImportReport
from rerank_core.corpus.survey.choices import Choices, parse_column, parse_header
from rerank_core.corpus.survey.names import parse_part
from rerank_core.corpus.survey.preview import Preview, preview
from rerank_core.errors import BadInputError, NameTakenError, SettingsError
from rerank_core.experiment.dataset_language import dense_note, found_language
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import DONE, FAILED, Call, VerbResult, facts_result
from rerank_core.store import datasets, judgments, query_states
from rerank_core.systems.reranked_before import TWICE, is_run_of_reranker
from rerank_core.views.import_preview import preview_lines, preview_options
from rerank_core.views.import_report import not_read_sentences, size_sentences
from rerank_core.views.passage_changes import change_sentences


def import_(call: Call) -> VerbResult:
    """The report of an import; with --look what it would read."""
    names = ("split", "all_queries", "queries", "qrels")
    options = ImportOptions(**{name: getattr(call.options, name) for name in names}, **_reading(call))
    if call.options.look:
        return _looked(preview(call.options.path, options.choices), options.choices)
    report = import_dataset(call.workspace, call.options.name, call.options.path, options, call.progress)
    with call.workspace.open() as db:
        code = found_language(call.workspace, datasets.get_dataset(db, call.options.name))
    note = dense_note(code, RetrievalSettings())
    return _reported(report, code, note)


def _looked(found: Preview, choices: Choices) -> VerbResult:
    """What would be read; exit code 4 where an import would be refused."""
    options = list(preview_options(found, choices))
    code = FAILED if found.problems or options else DONE
    return VerbResult({**found.to_dict(), "options": options}, tuple(preview_lines(found, options)), code=code)


def _reading(call: Call) -> dict[str, Any]:
    """The options that say how files are read. Raises SettingsError."""
    names = ("id_field", "title_field", "text_field", "chunk_words", "overlap_words")
    parts = dict(parse_part(text) for text in call.options.parts)
    return {**{name: getattr(call.options, name) for name in names}, "parts": parts, **_columns(call)}


def _columns(call: Call) -> dict[str, Any]:
    """What the options say of columns. Raises SettingsError."""
    roles: dict[str, dict[str, Role]] = {}
    for file, column, role in map(parse_column, call.options.columns):
        roles.setdefault(file, {})[column] = role
    return {"roles": roles, "headers": dict(map(parse_header, call.options.headers))}


def _reported(report: ImportReport, language: str = "", note: str = "") -> VerbResult:
    """All of it for programs; for people a sentence for what was not read, a note, and the rest by name."""
    facts = report.to_dict() | ({"language": language} if language else {})
    shown = facts_result({name: value for name, value in facts.items() if name != "not_read"})
    lines = (*not_read_sentences(report.not_read), *size_sentences(report.passages), *([note] if note else []))
    return VerbResult(facts, lines, shown.rows)


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
    options = call.options
    columns = _columns_of_file(call)
    return _reported(import_queries(call.workspace, options.dataset, options.path, call.progress, columns))


def add_labels(call: Call) -> VerbResult:
    """The report of added grades."""
    options = call.options
    columns = _columns_of_file(call)
    report = import_judgments(call.workspace, options.dataset, options.path, options.judge, call.progress, columns)
    return _reported(report)


def _columns_of_file(call: Call) -> Columns:
    choices = ImportOptions(**_columns(call)).choices
    choices.refuse_unmet(call.options.path, iter((call.options.path,)))
    return choices.columns_of(call.options.path, None)


def remove_queries(call: Call) -> VerbResult:
    """The queries that were removed, and what becomes of their grades. Raises SettingsError where none are named."""
    options = call.options
    if not options.ids and options.ids_file is None and not options.ungraded:
        raise SettingsError("Name ids to remove, or a file that has them: --from FILE, or say --ungraded.")
    named = dict.fromkeys([*options.ids, *(_ids_in(options.ids_file) if options.ids_file else ())])
    with call.workspace.open() if options.dry_run else call.workspace.write() as db:
        row = datasets.get_dataset(db, options.dataset)
        known = [query.qid for query in datasets.get_queries(db, row.id)]
        graded = judgments.qrels(db, row.id) if options.ungraded else {}
        chosen = [qid for qid in known if qid in named or (options.ungraded and not graded.get(qid))]
        unknown = sorted(named.keys() - set(known))
        removal = query_states.weigh_removal(db, row.id, chosen)
        if removal.graded and not options.graded_too and not options.dry_run:
            has = "has" if removal.graded == 1 else "have"
            raise SettingsError(
                f"{removal.graded:,} of these queries {has} grades. Add --graded-too to remove them too."
            )
        if not options.dry_run:
            query_states.remove_queries(db, row.id, chosen)
    facts = {**asdict(removal), "unknown": unknown, "dry_run": options.dry_run}
    lines = [f"{removal.sentence()} {'would be removed' if options.dry_run else 'removed'}.", removal.grades_sentence()]
    if unknown:
        lines.append(f"Not in '{options.dataset}': {', '.join(unknown[:5])}{' …' if len(unknown) > 5 else ''}.")
    return VerbResult(facts, tuple(filter(None, lines)))


def _ids_in(path: Path) -> list[str]:
    """The ids of a file, one per line. Raises BadInputError where there are none, or they cannot be read."""
    try:
        ids = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise BadInputError(path, None, f"cannot be read ({type(error).__name__})", "one id per line") from error
    if not ids:
        raise BadInputError(path, None, "there are no ids in the file", "one id per line")
    return ids


def add_run(call: Call) -> VerbResult:
    """The id of the run's system, and how the run fits the dataset."""
    options = call.options
    try:
        system, report = import_trec_run(
            call.workspace, options.dataset, options.path, options.name, options.ties, options.replace
        )
    except NameTakenError as error:
        taken = f"There is a system '{error.name}' already. Replace it (--replace), or choose another name (--name)."
        raise SettingsError(taken) from error
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
    twice = f"It looks like a reranker's run: compare it, and rerank something else. {TWICE}"
    lines = (*((sentence,) if sentence else ()), *((twice,) if is_run_of_reranker(system, options.path.name) else ()))
    return replace(answer, lines=lines) if lines else answer
