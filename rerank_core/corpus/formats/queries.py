"""Queries: JSONL, Parquet, a CSV or TSV table, TREC topics, or a text file with one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats import jsonl, parquet
from rerank_core.corpus.formats.delimited import check_width, is_id_with_text, read_rows
from rerank_core.corpus.formats.file_format import Format, format_of
from rerank_core.corpus.formats.jsonl import write_objects
from rerank_core.corpus.formats.lines import WHITE, read_lines
from rerank_core.corpus.formats.record import Columns, as_id, as_text, find_usual
from rerank_core.corpus.formats.topic_files import read_topics
from rerank_core.corpus.formats.trec import split_fields
from rerank_core.errors import BadInputError
from rerank_core.types import Query

ID_NAMES = ("_id", "qid", "query_id", "query-id", "id", "topic_id", "question_id", "number")
QUERY_NAMES = (
    *("query", "title", "keyword", "question", "query_text", "search_term", "search_query", "search_phrase"),
    *("keywords", "phrase", "term", "utterance", "prompt"),
)
TEXT_NAMES = ("text", *QUERY_NAMES)
ACCEPTED = "an id (_id, qid, query_id, id) and a text (text, query, question, search_term)"
USED = ("note", "tags", "metadata")
"""Fields of a query beside its id and text that are read."""


def has_ids(path: Path) -> bool:
    """Whether the file names its queries; in a text file with one query a line they are numbered instead."""
    return _layout(path) != "lines"


def read_queries(path: Path) -> Iterator[tuple[int, Query]]:
    """(line, query) in their order of lines.

    JSONL and Parquet: `_id` and `text`, optionally `note` (a text) and `tags` (a list of texts), also inside
    `metadata`. Tables, and text files with tabs: a header with these names, or no header and two columns, id and text.
    TREC topics. Anything else: one query a line, qids q1, q2 ... Raises BadInputError, also for an empty query.
    """
    layout = _layout(path)
    if layout in ("jsonl", "parquet"):
        return _from_objects(path, jsonl.read_objects(path) if layout == "jsonl" else parquet.read_records(path))
    if layout == "topics":
        return read_topics(path)
    return _from_table(path) if layout == "table" else _from_lines(path)


def _layout(path: Path) -> Format:
    kind = format_of(path)
    if kind not in ("text", "lines"):
        return kind
    first = next((text for _, text in read_lines(path) if text.strip()), "")
    return "table" if "\t" in first.strip() else "lines"


def _from_objects(path: Path, records: Iterable[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[int, Query]]:
    for line, record in records:
        columns = query_columns(tuple(record))
        if columns.id is None or columns.text is None:
            raise BadInputError(path, line, f"this is no query (fields: {', '.join(record) or 'none'})", ACCEPTED)
        qid = as_id(record[columns.id], "id", path, line)
        text = as_text(record[columns.text], "text", path, line)
        yield line, _query(path, line, qid, text, record)


def query_columns(names: Sequence[str]) -> Columns:
    """As `record.find_columns`, by the names that queries use."""
    return Columns(find_usual(names, ID_NAMES), None, find_usual(names, TEXT_NAMES))


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
    start = list(islice(rows, 20))
    line, first = start[0] if start else (1, [])
    columns = query_columns(first)
    if columns.id is None or columns.text is None:
        if not is_id_and_text([row for _, row in start]):
            raise BadInputError(path, line, f"there are no queries in {', '.join(first)[:80]!r}", ACCEPTED)
        first, columns = ["qid", "text"], Columns("qid", None, "text")
    else:
        start = start[1:]
    for line, row in chain(start, rows):
        check_width(path, line, row, len(first))
        record = dict(zip(first, row, strict=True))
        note = {"note": record["note"]} if "note" in record else {}
        qid = as_id(record[columns.id or ""].strip(WHITE), "id", path, line)
        yield line, _query(path, line, qid, record[columns.text or ""], note)


def is_id_and_text(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table without a usual header is one of ids and texts: two columns, the first row like the others.

    Where only the rows below look like an id with a digit, or a text of words, the first one is a header.
    """
    if not rows or len(rows[0]) != 2 or query_columns(rows[0]) != Columns():
        return False
    below = [row for row in rows[1:] if len(row) == 2]
    return is_id_with_text(rows[0], below) or not any(is_id_with_text(row, ()) for row in below)


def _from_lines(path: Path) -> Iterator[tuple[int, Query]]:
    number = 0
    for line, text in read_lines(path):
        if text.strip():
            if number == 0 and _is_trec(text):
                raise BadInputError(path, line, "this is TREC's, and no query", "one query a line")
            number += 1
            yield line, Query(f"q{number}", text.strip())


def _is_trec(line: str) -> bool:
    """Whether a line is out of TREC's qrels (qid 0 docid grade) or a run (qid Q0 docid rank score tag)."""
    fields = split_fields(line, 4)
    return (len(fields) == 4 and fields[1] == "0" and fields[3].lstrip("+-").isdigit()) or (
        len(fields) == 6 and fields[1].upper() == "Q0"
    )


def write_queries(path: Path, queries: Iterable[Query]) -> None:
    """JSONL with `_id`, `text` and, where there are any, `note` and `tags`."""
    objects = ({"_id": q.qid, "text": q.text, "note": q.note, "tags": list(q.tags)} for q in queries)
    write_objects(path, ({name: value for name, value in item.items() if value or name == "text"} for item in objects))
