"""The verbs for search engines that live elsewhere: connect one, ask it again, fill one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rerank_core.corpus.additions import import_queries
from rerank_core.errors import BadInputError, SettingsError
from rerank_core.experiment.connected import Connection, add_template, connect_dataset, connection_of
from rerank_core.ranking.connecting import Look, look, read_source
from rerank_core.ranking.filling import fill
from rerank_core.ranking.refreshing import refresh as ask_again
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.template import Template
from rerank_core.shell.answer import DONE, FAILED, Call, VerbResult
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace

_PLAIN = (
    "engine", "address", "index", "key_variable", "key_header", "hits", "per_second", "timeout", "vector_model",
    "vector_address", "vector_key", "query_prefix", "passage_prefix",
)  # fmt: skip
_RECALL_QUERIES = 20
_FIELDS = {"id_field": "docid", "title_field": "title", "text_field": "text", "vector_field": "vector",
           "score_field": "score"}  # fmt: skip


def connect(call: Call) -> VerbResult:
    """What an engine has and the first hits of each template; without --look and with an index it is connected."""
    options = call.options
    there = _connected(call.workspace, options)
    source, templates = _source(options) if there is None else _more_templates(there[1], options)
    questions = _questions(call.workspace, there, options)
    found = look(call.workspace, source, templates, options.question or "", questions, call.progress)
    if there is not None:
        return _added(call.workspace, there[0], templates, found, options)
    if options.look or not _is_enough(found):
        return _looked(found)
    row = connect_dataset(call.workspace, options.name, found.source, found.templates)
    if options.queries is not None:
        try:
            import_queries(call.workspace, options.name, options.queries, call.progress)
        except BaseException:
            # half a connection is none: the name is free again
            with call.workspace.write() as db:
                datasets.drop_dataset(db, row.id)
            raise
    with call.workspace.open() as db:
        queries = datasets.get_dataset(db, row.name).n_queries
    told = _looked(found)
    lines = (f"'{row.name}' is connected: {found.source.label}, {queries:,} queries.", *told.lines)
    return VerbResult({"dataset": row.name, "queries": queries, **found.to_dict()}, lines, told.rows)


def _connected(workspace: Workspace, options: argparse.Namespace) -> tuple[DatasetRow, Connection] | None:
    """The connected dataset of this name, where no other source is said; None: one is to be made."""
    if any(getattr(options, name) is not None for name in ("source", "engine", "address")):
        return None
    with workspace.open() as db:
        row = next((row for row in datasets.list_datasets(db) if row.name == options.name), None)
        found = connection_of(db, row) if row is not None else None
    return None if row is None or found is None else (row, found)


def _more_templates(connection: Connection, options: argparse.Namespace) -> tuple[EngineSource, list[Template]]:
    """A source that is there, and what is new; to look at how it is, its own templates."""
    added = [_template(text) for text in options.templates]
    if not added and not options.check_recall and not options.question:
        raise SettingsError("It is connected already. Add a first stage with --template NAME=FILE.")
    return connection.source, added or list(connection.templates)


def _questions(
    workspace: Workspace, there: tuple[DatasetRow, Connection] | None, options: argparse.Namespace
) -> list[str]:
    """What it is measured with what a vector index misses: the question, else some of the dataset's queries."""
    if not options.check_recall:
        return []
    if options.question:
        return [options.question]
    if there is None:
        raise SettingsError("--check-recall needs a --question, or the name of a connected dataset with queries.")
    with workspace.open() as db:
        return [query.text for query in datasets.get_queries(db, there[0].id)][:_RECALL_QUERIES]


def _added(
    workspace: Workspace, row: DatasetRow, templates: list[Template], found: Look, options: argparse.Namespace
) -> VerbResult:
    """What a connected source answers, with the templates that it has from now on."""
    told = _looked(found)
    if options.look or not options.templates or told.code != DONE:
        return told
    for template in templates:
        add_template(workspace, row, template)
    names = ", ".join(f"engine:{template.name}" for template in templates)
    return VerbResult({"dataset": row.name, **found.to_dict()}, (f"'{row.name}' has {names}.", *told.lines), told.rows)


def _is_enough(found: Look) -> bool:
    return bool(found.templates and found.source.fields.docid and found.source.fields.text)


def _source(options: argparse.Namespace) -> tuple[EngineSource, list[Template]]:
    """The source that a file says and the options say otherwise. Raises SettingsError, BadInputError."""
    values: dict[str, Any] = {}
    templates: list[Template] = []
    if options.source is not None:
        source, templates = read_source(_read(options.source), str(options.source))
        values = source.to_dict()
    values |= {name: value for name in _PLAIN if (value := getattr(options, name)) is not None}
    fields = {**values.get("fields", {})}
    fields |= {name: value for option, name in _FIELDS.items() if (value := getattr(options, option)) is not None}
    if options.metadata is not None:
        fields["metadata"] = [name.strip() for name in options.metadata.split(",") if name.strip()]
    for name in ("engine", "address"):
        if name not in values:
            raise SettingsError(f"Say --{name}, or name a file that has it: --source FILE.")
    templates += [_template(text) for text in options.templates]
    return EngineSource.from_dict({**values, "fields": fields}), templates


def _template(text: str) -> Template:
    name, sign, path = text.partition("=")
    if not sign:
        raise SettingsError(f"A template is NAME=FILE, not {text[:80]!r}.")
    return Template(name, _read(Path(path)))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadInputError(path, None, f"cannot be read ({type(error).__name__})", "a file of text") from error


def _looked(found: Look) -> VerbResult:
    lines = [f"{found.source.label} answers."]
    if not found.columns and found.indexes and not found.source.index:
        lines.append("Choose one with --index:")
        return VerbResult(found.to_dict(), tuple(lines), [{"index": name} for name in found.indexes])
    named = found.source.fields
    known = {"id": named.docid, "title": named.title, "text": named.text, "vector": named.vector}
    lines.append("Fields: " + ", ".join(f"{what} = {name or '(none)'}" for what, name in known.items()) + ".")
    if not named.docid or not named.text:
        there = ", ".join(column.name for column in found.columns)
        lines.append(f"Say which field is the id and which the text (--id-field, --text-field). There are {there}.")
    if found.templates:
        lines.append("First stages: " + ", ".join(f"engine:{template.name}" for template in found.templates) + ".")
    elif named.text:
        lines.append("It needs a template: --template NAME=FILE.")
    lines += [f"engine:{recall.sentence()}." for recall in found.recalls]
    lines += [f"engine:{name}: {problem}" for name, problem in found.problems.items()]
    rows = [
        {"template": name, "rank": hit["rank"], "score": hit["score"], "id": hit["docid"], "text": _start(hit)}
        for name, hits in found.hits.items()
        for hit in hits
    ]
    wrong = found.problems or not _is_enough(found)
    return VerbResult(found.to_dict(), tuple(lines), rows or None, FAILED if wrong else DONE)


def _start(hit: Mapping[str, Any]) -> str:
    return " ".join(f"{hit['title']} {hit['text']}".split())[:70]


def refresh(call: Call) -> VerbResult:
    """What changed since a connected dataset's engine was asked."""
    with call.workspace.open() as db:
        row = datasets.get_dataset(db, call.options.dataset)
    found = ask_again(call.workspace, row, call.progress, preview=call.options.dry_run)
    lines = [found.sentence()]
    if found.changed:
        more = " …" if found.changed_texts > len(found.changed) else ""
        lines.append(f"With another text: {', '.join(found.changed)}{more}.")
    if found.changes:
        lines.append("Nothing of it was kept." if call.options.dry_run else "Run again to rank what is there now.")
    return VerbResult(found.to_dict(), tuple(lines))


def fill_index(call: Call) -> VerbResult:
    """How many passages were put into the index that --to names."""
    options = call.options
    with call.workspace.open() as db:
        row = datasets.get_dataset(db, options.dataset)
    source = _target(call.workspace, options.to)
    done = fill(call.workspace, row, source, call.progress, options.pay)
    line = f"{source.label}: {done.put:,} passages were put there, {done.there:,} were there already."
    return VerbResult({"put": done.put, "there": done.there, "source": source.to_dict()}, (line,))


def _target(workspace: Workspace, name: str) -> EngineSource:
    """The source of a file, or that of a connected dataset. Raises SettingsError where it is neither."""
    if Path(name).is_file():
        return read_source(_read(Path(name)), name)[0]
    with workspace.open() as db:
        for row in datasets.list_datasets(db):
            connection = connection_of(db, row) if row.name == name else None
            if connection is not None:
                return connection.source
    raise SettingsError(f"'{name}' is neither a file with a source nor a connected dataset.")
