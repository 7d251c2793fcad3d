"""Grades from any of the usual files: TREC qrels, BEIR's TSV, MTEB's JSONL and Parquet, the tables of grading tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rerank_core.corpus.formats import jsonl, parquet, trec
from rerank_core.corpus.formats.columns import USUAL, Columns, Role, numbered
from rerank_core.corpus.formats.delimited import check_width, read_rows
from rerank_core.corpus.formats.file_format import format_of
from rerank_core.corpus.formats.lines import WHITE, plain_suffix, read_lines
from rerank_core.corpus.formats.record import as_id, refuse_strangers
from rerank_core.corpus.formats.trec import Grade, parse_grade
from rerank_core.corpus.formats.usual_names import (
    GRADED_PASSAGES,
    GRADED_QUERIES,
    GRADED_QUERY_IDS,
    GRADES,
    find_usual,
)
from rerank_core.errors import BadInputError

ACCEPTED = (
    "a header (or fields) with a query (qid, query-id; or query, keyword for its text), a passage (docid, docno, doc, "
    "corpus-id) and a grade (grade, rating, label, score), or rows of: query, docid, grade, or TREC's: qid iteration "
    'docid grade; or the columns of yours (on the page Data choose them; in a command: --column "FILE::COLUMN=query", '
    "and the same for passage and grade)"
)
_WHOLE = re.compile(r"[+-]?\d+(?:\.0+)?")


class Places(NamedTuple):
    """Where a row has the query, the docid and the grade; `by_text`: the query may be its text."""

    query: int
    docid: int
    grade: int
    by_text: bool = True


def read_judgments(path: Path, columns: Columns = USUAL) -> Iterator[Grade]:
    """Grades in their order of lines, from TREC qrels, JSONL, Parquet, or a table with a header or without.

    A column `query` or `keyword` holds the query's text in some tools and its id in others: such grades are `by_text`,
    and the reader has to look in both. A blank grade is None; a row with neither docid nor grade, as Quepid exports a
    query that nobody rated, has the docid "". `columns`: what a person chose of its columns. Raises BadInputError.
    """
    kind = format_of(path)
    if kind in ("jsonl", "parquet"):
        records = jsonl.read_objects(path) if kind == "jsonl" else parquet.read_records(path)
        return _from_records(path, records, columns)
    if kind == "topics":
        raise BadInputError(path, None, "these are topics and not grades", ACCEPTED)
    return trec.read_qrels(path) if columns == USUAL and is_trec(path) else _from_table(path, columns)


def is_trec(path: Path) -> bool:
    """Whether the first line that says something is TREC's: four fields, the last a number.

    The fields stand between tabs where there are any: a query of two words is one field.
    """
    if plain_suffix(path.name) == ".csv":
        return False
    for _, text in read_lines(path):
        if text.strip() and not text.startswith("#"):
            cells = text.strip("\r\n").split("\t")
            fields = cells if len(cells) >= 3 else trec.split_fields(text, 4)
            return len(fields) == 4 and is_number(fields[3])
    return False


def _from_records(
    path: Path, records: Iterable[tuple[int, dict[str, Any]]], columns: Columns = USUAL
) -> Iterator[Grade]:
    for line, record in records:
        names = list(record)
        places = find_places(names, columns)
        if places is None:
            raise BadInputError(path, line, f"these are not grades: {_shown(names)}", ACCEPTED)
        query, docid, grade = (record[names[place]] for place in places[:3])
        cells = (as_id(query, "query", path, line), as_id(docid, "docid", path, line), _cell(grade))
        yield _grade(path, line, cells, places.by_text)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _from_table(path: Path, columns: Columns = USUAL) -> Iterator[Grade]:
    rows = read_rows(path)
    line, first = next(rows, (1, []))
    names = [name.strip() for name in first]
    places = find_places(names, columns) if columns.header is not False else None
    if places is None:
        names = numbered(len(first))
        places = find_places(names, columns) or (places_without_header(first) if columns.header is not True else None)
        if places is None:
            raise BadInputError(path, line, f"these are not grades: {_shown(first)}", ACCEPTED)
        yield _grade(path, line, [first[place] for place in places[:3]], True)
    refuse_strangers(names, columns, path, line)
    for line, row in rows:
        check_width(path, line, row, len(first))
        yield _grade(path, line, [row[place] for place in places[:3]], places.by_text)


def find_places(header: Sequence[str], columns: Columns = USUAL) -> Places | None:
    """Where the columns with these names are; None if this is no header of grades."""
    names = list(header)
    given = {name for name, _ in columns.roles}
    free = [name for name in names if name not in given]

    def find(role: Role, usual: Sequence[str]) -> str | None:
        chosen = [name for name in columns.chosen(role) if name in names]
        return chosen[0] if chosen else find_usual(free, usual)

    docid, grade, query = find("passage", GRADED_PASSAGES), find("grade", GRADES), find("query", GRADED_QUERY_IDS)
    is_id = query is not None and find_usual((query,), GRADED_QUERY_IDS) is not None
    query = query if query is not None else find_usual(free, GRADED_QUERIES)
    if query is None or docid is None or grade is None:
        return None
    return Places(names.index(query), names.index(docid), names.index(grade), not is_id)


def places_without_header(row: Sequence[str]) -> Places | None:
    """Where query, docid and grade are in a table without a header; None where `row` is no such row."""
    if len(row) == 3 and is_number(row[2]):
        return Places(0, 1, 2)
    return Places(0, 2, 3) if len(row) == 4 and is_number(row[3]) else None


def _grade(path: Path, line: int, cells: Sequence[str], by_text: bool) -> Grade:
    query, docid, cell = (cell.strip(WHITE) for cell in cells)
    grade = parse_grade(cell, path, line) if cell else None
    if grade is not None or docid:
        as_id(docid, "docid", path, line)
    return Grade(as_id(query, "query", path, line), docid, grade, line, by_text)


def is_number(cell: str) -> bool:
    """Whether the cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def is_grade(cell: str) -> bool:
    """Whether the cell is a whole number as a grade is, and no larger."""
    found = cell.strip(WHITE)
    return _WHOLE.fullmatch(found) is not None and abs(float(found)) <= trec.LARGEST_GRADE


def _shown(row: Sequence[str]) -> str:
    return repr(", ".join(row)[:80])
