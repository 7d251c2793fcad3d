"""Which form a log has, and its rows as requests and clicks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.lines import LARGEST_FILE, plain_suffix, read_text
from rerank_core.errors import BadInputError, SettingsError
from rerank_core.monitoring.logs.any_json import Schema, guess_schema, read_any
from rerank_core.monitoring.logs.behaviour import is_behaviour, read_behaviour
from rerank_core.monitoring.logs.click_table import ClickColumns
from rerank_core.monitoring.logs.own import is_own, read_own
from rerank_core.monitoring.logs.rows import UNLIKE, Row, RowError, Unread, parsed, read_rows, unread
from rerank_core.monitoring.logs.spans import Traces, is_spans

OWN, ANY, SPANS, BEHAVIOUR, CLICKS = FORMS = ("own", "json", "spans", "ubi", "clicks")
IN_WORDS = {
    OWN: "our own server's log",
    ANY: "JSON lines by a schema",
    SPANS: "OpenTelemetry spans (OpenInference) as OTLP JSON",
    BEHAVIOUR: "OpenSearch User Behavior Insights",
    CLICKS: "clicks as a table",
}
_LOOKED_AT = 50


def guess_form(path: Path) -> tuple[str, Schema | None]:
    """The form by the first rows that can be read, and for JSON lines the schema that the usual names make.

    Raises BadInputError for a file that cannot be opened, and one in which nothing can be read.
    """
    if plain_suffix(path.name) in (".csv", ".tsv"):
        return CLICKS, None
    tried = 0
    for _, text in islice(read_rows(path), _LOOKED_AT):
        tried += 1
        if isinstance(text, Unread):
            continue
        try:
            row = parsed(text)
        except RowError:
            continue
        for form, fits in ((SPANS, is_spans), (OWN, is_own), (BEHAVIOUR, is_behaviour)):
            if fits(row):
                return form, None
        return ANY, guess_schema(row)
    if tried and _whole(path) is not None:
        return SPANS, None
    problem = "none of its first rows is a JSON object" if tried else "the file is empty"
    raise BadInputError(path, None, problem, "JSON lines, or a table of clicks as .csv or .tsv")


def read_log(path: Path, form: str, schema: Schema | None = None) -> Iterator[tuple[int, Row]]:
    """(line, row) of a log of this form. Raises BadInputError for what ends the file, and SettingsError."""
    if form not in FORMS:
        raise SettingsError(f"'{form}' is no form of a log; there are {', '.join(FORMS)}.")
    if form == CLICKS:
        return _clicks(path)
    if form == SPANS:
        return _spans(path)
    return _objects(path, form, schema)


def _objects(path: Path, form: str, schema: Schema | None) -> Iterator[tuple[int, Row]]:
    for line, text in read_rows(path):
        if isinstance(text, Unread):
            yield line, text
            continue
        try:
            row = parsed(text)
            if form == OWN:
                yield line, read_own(row)
            elif form == BEHAVIOUR:
                yield line, read_behaviour(row)
            else:
                schema = schema or guess_schema(row)
                yield line, read_any(row, schema, text)
        except UNLIKE as error:
            yield line, unread(line, error)


def _spans(path: Path) -> Iterator[tuple[int, Row]]:
    traces = Traces()
    whole = _whole(path)
    line = 1
    for line, text in [(1, whole)] if whole is not None else read_rows(path):
        if isinstance(text, Unread):
            yield line, text
            continue
        try:
            row = text if isinstance(text, dict) else parsed(text)
            yield from ((line, found) for found in traces.read(row, line))
        except UNLIKE as error:
            yield line, unread(line, error)
    yield from ((line, found) for found in traces.rest())


def _whole(path: Path) -> dict[str, Any] | None:
    """An export that is one object over many lines, of 64 MiB at most; None for a file of lines."""
    first = next((text for _, text in read_rows(path)), "")
    if not isinstance(first, str) or first not in ("{", '{"resourceSpans": [', '{"resourceSpans":['):
        return None
    if path.stat().st_size > LARGEST_FILE:
        return None
    try:
        row = json.loads(read_text(path))
    except (ValueError, RecursionError, BadInputError):
        return None
    return row if isinstance(row, dict) and is_spans(row) else None


def _clicks(path: Path) -> Iterator[tuple[int, Row]]:
    columns: ClickColumns | None = None
    for line, text in read_rows(path):
        if isinstance(text, Unread):
            yield line, text
        elif columns is None:
            columns = ClickColumns.of(str(path), line, text)
        else:
            try:
                yield line, columns.read(text)
            except UNLIKE as error:
                yield line, unread(line, error)
    if columns is None:
        raise BadInputError(path, None, "the file is empty", "a header such as request,docid,time")
