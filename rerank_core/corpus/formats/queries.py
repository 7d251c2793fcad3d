"""Queries: JSONL, Parquet, a CSV or TSV table, TREC topics, or a text file with one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats import jsonl, parquet
from rerank_core.corpus.formats.columns import NOTHING, USUAL, Columns, numbered, query_columns
from rerank_core.corpus.formats.delimited import TWO, check_width, is_id_with_text, is_row_of_data, is_unlike, read_rows
from rerank_core.corpus.formats.file_format import Format, format_of
from rerank_core.corpus.formats.jsonl import write_objects
from rerank_core.corpus.formats.lines import WHITE, read_lines
from rerank_core.corpus.formats.record import as_id, as_tags, as_text, refuse_strangers
from rerank_core.corpus.formats.topic_files import read_topics
from rerank_core.corpus.formats.trec import split_fields
from rerank_core.errors import BadInputError
from rerank_core.types import Query

ACCEPTED = (
    "an id (_id, qid, query_id, id …) and a text (text, query, question, search_term …), or the columns of yours "
    '(on the page Data choose them; in a command: --column "FILE::COLUMN=id" and --column "FILE::COLUMN=text")'
)
USED = ("note", "tags", "metadata")
"""Fields of a query beside its id and text that are read."""


def has_ids(path: Path, columns: Columns = USUAL) -> bool:
    """Whether the file names its queries; they are numbered where it has one a line, or a table that has no ids.

    Raises BadInputError as `read_queries`.
    """
    layout = _layout(path)
    if layout != "table":
        return layout != "lines"
    first = next((row for _, row in read_rows(path)), [])
    names = [name.strip() for name in first] if columns.header is not False else numbered(len(first))
    return not is_without_ids(tuple(names), columns)


def is_without_ids(names: tuple[str, ...], columns: Columns) -> bool:
    """Whether a table with these columns has queries and no ids: it has no other column, or a person said so.

    Who names the column of the text and none for the id says so.
    """
    found = query_columns(names, columns)
    alone = len(names) == 1 and found.text is not None and not columns.chosen("id")
    return found.id is None and found.text is not None and (alone or bool(columns.chosen("text")))


def read_queries(path: Path, columns: Columns = USUAL) -> Iterator[tuple[int, Query]]:
    """(line, query) in their order of lines; `columns`: what a person chose of its columns.

    JSONL and Parquet: `_id` and `text`, optionally `note` (a text) and `tags` (a list of texts), also inside
    `metadata`. Tables, and text files with tabs: a header with these names, or no header and two columns, id and text.
    TREC topics. Anything else: one query a line, qids q1, q2 ..., as in a table of texts alone.
    Raises BadInputError, also for an empty query.
    """
    layout = _layout(path)
    if layout in ("jsonl", "parquet"):
        records = jsonl.read_objects(path) if layout == "jsonl" else parquet.read_records(path)
        return _from_objects(path, records, columns)
    if layout == "topics":
        return read_topics(path)
    return _from_table(path, columns) if layout == "table" else _from_lines(path)


def _layout(path: Path) -> Format:
    kind = format_of(path)
    if kind not in ("text", "lines"):
        return kind
    first = next((text for _, text in read_lines(path) if text.strip()), "")
    return "table" if "\t" in first.strip() else "lines"


def _from_objects(
    path: Path, records: Iterable[tuple[int, Mapping[str, Any]]], chosen: Columns
) -> Iterator[tuple[int, Query]]:
    for line, record in records:
        columns = query_columns(tuple(record), chosen)
        if columns.id is None or columns.text is None:
            raise BadInputError(path, line, f"this is no query (fields: {', '.join(record) or 'none'})", ACCEPTED)
        qid = as_id(record[columns.id], "id", path, line)
        text = as_text(record[columns.text], "text", path, line)
        inner = record.get("metadata")
        more = {**(inner if isinstance(inner, Mapping) else {}), **record}
        note = more.get(columns.note or "note") if "note" not in columns.left_out else None
        tags: Any = more.get("tags") if not columns.tags else None
        if chosen.chosen("tags"):
            tags = [tag for name in columns.tags for tag in as_tags(record[name])]
        elif columns.tags:
            tags = record[columns.tags[0]]
        yield line, _query(path, line, qid, text, note, tags)


def _query(path: Path, line: int, qid: str, text: str, note: Any = None, tags: Any = ()) -> Query:
    if not text.strip():
        raise BadInputError(path, line, f"the query {qid} has no text", "a text")
    tags = tags or ()
    if not isinstance(tags, list | tuple) or not all(isinstance(tag, str) for tag in tags):
        raise BadInputError(path, line, "'tags' is not a list of texts", 'tags such as ["short", "numbers"]')
    return Query(qid, text, as_text(note, "note", path, line), tuple(tags))


def _from_table(path: Path, chosen: Columns) -> Iterator[tuple[int, Query]]:
    rows = read_rows(path)
    start = list(islice(rows, 20))
    line, first = start[0] if start else (1, [])
    names = [name.strip() for name in first]
    columns = query_columns(tuple(names), chosen) if chosen.header is not False else NOTHING
    if chosen.header is False or (
        (columns.id is None or columns.text is None)
        and chosen.header is None
        and is_id_and_text([row for _, row in start])
    ):
        names = numbered(len(first))
        columns = query_columns(tuple(names), chosen if chosen.roles or len(names) != 2 else TWO)
    else:
        start = start[1:]
    no_ids = is_without_ids(tuple(names), chosen)
    if columns.text is None or (columns.id is None and not no_ids):
        raise BadInputError(path, line, f"there are no queries in {', '.join(first)[:80]!r}", ACCEPTED)
    refuse_strangers(names, chosen, path, line)
    for number, (line, row) in enumerate(chain(start, rows), start=1):
        check_width(path, line, row, len(names))
        record = dict(zip(names, row, strict=True))
        qid = as_id(record[columns.id].strip(WHITE), "id", path, line) if columns.id is not None else f"q{number}"
        tags = [tag for name in columns.tags for tag in as_tags(record[name])]
        note = record[columns.note] if columns.note is not None else ""
        yield line, _query(path, line, qid, record[columns.text], note, tags)


def is_id_and_text(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table without a usual header is one of ids and texts: two columns, the first row like the others.

    Where the rows are all alike single words, they are all taken for queries.
    """
    if not rows or len(rows[0]) != 2 or query_columns(tuple(rows[0])) != NOTHING:
        return False
    return is_row_of_data(rows) or (is_unlike(rows) is None and not any(is_id_with_text(row, ()) for row in rows[1:]))


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
