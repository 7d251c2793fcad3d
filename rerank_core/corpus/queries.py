"""Queries: JSONL, a CSV or TSV table, or a text file with one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rerank_core.corpus import jsonl
from rerank_core.corpus.delimited import check_width, read_rows
from rerank_core.corpus.jsonl import read_objects, write_objects
from rerank_core.corpus.lines import plain_suffix, read_lines
from rerank_core.corpus.record import Columns, as_id, as_text
from rerank_core.errors import BadInputError
from rerank_core.types import Query

TABLES = (".csv", ".tsv", ".tab")
ID_NAMES = ("_id", "qid", "query_id", "query-id", "id")
TEXT_NAMES = ("text", "query", "title", "keyword")
ACCEPTED = "an id (_id, qid, query_id, id) and a text (text, query)"


def has_ids(path: Path) -> bool:
    """Whether the file names its queries; in a text file with one query a line they are numbered instead."""
    return plain_suffix(path.name) in (*jsonl.SUFFIXES, *TABLES)


def read_queries(path: Path) -> Iterator[tuple[int, Query]]:
    """(line, query) in their order of lines.

    JSONL: `_id` and `text`, optionally `note` (a text) and `tags` (a list of texts), also inside `metadata`. CSV and
    TSV: a header with these names, or no header and two columns, id and text. Anything else: one query a line, qids q1,
    q2 ... Raises BadInputError, also for an empty query.
    """
    suffix = plain_suffix(path.name)
    if suffix in jsonl.SUFFIXES:
        return _from_objects(path)
    return _from_table(path) if suffix in TABLES else _from_lines(path)


def _from_objects(path: Path) -> Iterator[tuple[int, Query]]:
    for line, record in read_objects(path):
        columns = _columns(tuple(record))
        if columns.id is None or columns.text is None:
            raise BadInputError(path, line, f"this is no query (fields: {', '.join(record) or 'none'})", ACCEPTED)
        qid = as_id(record[columns.id], "id", path, line)
        text = as_text(record[columns.text], "text", path, line)
        yield line, _query(path, line, qid, text, record)


def _columns(names: tuple[str, ...]) -> Columns:
    """As `record.find_columns`, by the names that queries use."""
    lower = {name.strip().lower(): name for name in reversed(names)}
    qid = next((lower[name] for name in ID_NAMES if name in lower), None)
    text = next((lower[name] for name in TEXT_NAMES if name in lower), None)
    return Columns(qid, None, text)


def _query(path: Path, line: int, qid: str, text: str, record: Mapping[str, Any]) -> Query:
    if not text.strip():
        raise BadInputError(path, line, f"the query {qid} has no text", "a text")
    inner = record.get("metadata")
    more = {**(inner if isinstance(inner, Mapping) else {}), **record}
    tags = more.get("tags") or ()
    if not isinstance(tags, list | tuple) or not all(isinstance(tag, str) for tag in tags):
        raise BadInputError(path, line, "'tags' is not a list of texts", 'tags such as ["short", "numbers"]')
    return Query(qid, text, as_text(more.get("note"), "note", path, line), tuple(tags))


def _from_table(path: Path) -> Iterator[tuple[int, Query]]:
    rows = read_rows(path)
    line, first = next(rows, (1, []))
    columns = _columns(tuple(first))
    if columns.id is None or columns.text is None:
        if len(first) != 2:
            raise BadInputError(path, line, f"there are no queries in {', '.join(first)[:80]!r}", ACCEPTED)
        yield line, _query(path, line, as_id(first[0].strip(), "id", path, line), first[1], {})
        first, columns = ["qid", "text"], Columns("qid", None, "text")
    for line, row in rows:
        check_width(path, line, row, len(first))
        record = dict(zip(first, row, strict=True))
        note = {"note": record["note"]} if "note" in record else {}
        qid = as_id(record[columns.id or ""].strip(), "id", path, line)
        yield line, _query(path, line, qid, record[columns.text or ""], note)


def _from_lines(path: Path) -> Iterator[tuple[int, Query]]:
    number = 0
    for line, text in read_lines(path):
        if text.strip():
            number += 1
            yield line, Query(f"q{number}", text.strip())


def write_queries(path: Path, queries: Iterable[Query]) -> None:
    """JSONL with `_id`, `text` and, where there are any, `note` and `tags`."""
    objects = ({"_id": q.qid, "text": q.text, "note": q.note, "tags": list(q.tags)} for q in queries)
    write_objects(path, ({name: value for name, value in item.items() if value or name == "text"} for item in objects))
