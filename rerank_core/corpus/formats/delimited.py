"""CSV and TSV: rows of cells, and passages out of a table with a header."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from rerank_core.corpus.formats.lines import LARGEST, WHITE, plain_suffix, read_lines
from rerank_core.corpus.formats.record import MOST_FIELDS, USUAL, Columns, as_id, find_columns, require_columns
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r'"?sep=(.)"?[,;|\t]*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_LIMIT_LOCK = threading.Lock()


def read_docs(path: Path, columns: Columns = USUAL) -> Iterator[Doc]:
    """Passages in their order of rows; the first row names the columns.

    Without such a row a table of two columns, as MS MARCO's collection.tsv, is id and text. Ids lose the ASCII white
    space around them. A cell outside of the id, title and text columns goes to the metadata, as text, under its
    column's name; an empty cell is no entry. Raises BadInputError at the line where the wrong row begins.
    """
    rows = read_rows(path)
    start = list(islice(rows, 2))
    line, header = start[0] if start else (1, [])
    if columns == USUAL and starts_with_data([row for _, row in start]):
        rows, header = chain(start, rows), ["id", "text"]
    else:
        rows = chain(start[1:], rows)
    header = [name.strip() for name in header]
    if len(set(header)) < len(header):
        raise BadInputError(path, line, "two columns have the same name", "a header with distinct names")
    found = require_columns(header, columns, path, line)
    kept = {found.id, found.title, found.text}
    for line, row in rows:
        check_width(path, line, row, len(header))
        record = dict(zip(header, row, strict=True))
        docid = as_id(record[found.id or ""].strip(WHITE), "id", path, line)
        metadata = {name: cell for name, cell in record.items() if cell and name not in kept}
        yield Doc(docid, record[found.text or ""], record.get(found.title or "", ""), metadata)


def starts_with_data(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table is no header: two cells, no usual name, and `is_id_with_text`."""
    if not rows or len(rows[0]) != 2 or find_columns(tuple(rows[0]), USUAL) != USUAL:
        return False
    return is_id_with_text(rows[0], rows[1:])


def is_id_with_text(row: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a row of two cells looks like data.

    It has a number for an id, or a text of several words, or an id with digits that are like those of the rows below
    ('p1', 'p2').
    """
    name, text = row[0].strip(), row[1].strip()
    alike = any(mark.isdigit() for mark in name) and any(_without_digits(name) == _without_digits(r[0]) for r in others)
    return name.isdigit() or " " in text or alike


def _without_digits(name: str) -> str:
    return re.sub(r"\d+", "0", name.strip())


def check_width(path: Path, line: int, row: list[str], wanted: int) -> None:
    """Raise BadInputError where a row has not as many cells as the header, or a NUL character."""
    if len(row) != wanted:
        raise BadInputError(path, line, f"the row has {len(row)} cells", f"{wanted}, as in the header")
    if any("\0" in cell for cell in row):
        raise BadInputError(path, line, "the row holds a NUL character", "text")


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line on which the row begins, cells), blank rows left out.

    CSV: the delimiter is the one of , ; tab | that the first line has most of, or the one that a first line as "sep=;"
    names; cells may be quoted with '"' and then hold delimiters and line breaks. TSV has no quoting (a lone quotation
    mark is text), except that a cell which is quoted as a whole loses its quotes. Raises BadInputError.
    """
    lines = read_lines(path)
    filled = ((number, text) for number, text in lines if text.strip())
    first = next(filled, None)
    named = _SEP_LINE.fullmatch(first[1].rstrip("\r\n")) if first else None
    if named:
        first = next(filled, None)
    if first is None:
        return
    delimiter = named[1] if named else _delimiter(path, first[1])
    source = chain([first], lines)
    rows = _tab_rows(source) if delimiter == "\t" else _quoted_rows(path, source, delimiter, first[0])
    for number, row in rows:
        if len(row) > MOST_FIELDS:
            raise BadInputError(path, number, f"the row has {len(row):,} cells", f"at most {MOST_FIELDS:,}")
        yield number, row


def _delimiter(path: Path, line: str) -> str:
    return "\t" if plain_suffix(path.name) in (".tsv", ".tab") else guess_delimiter(line)


def guess_delimiter(line: str) -> str:
    """The delimiter that a first line has most of outside of quotes (a comma where it has none)."""
    return max(DELIMITERS, key=_QUOTED.sub("", line).count)


def _tab_rows(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    for number, text in lines:
        if text.strip():
            yield number, [_unquoted(cell) for cell in text.rstrip("\r\n").split("\t")]


def _unquoted(cell: str) -> str:
    whole = len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if whole else cell


def _quoted_rows(
    path: Path, lines: Iterator[tuple[int, str]], delimiter: str, first: int
) -> Iterator[tuple[int, list[str]]]:
    with _LIMIT_LOCK:  # the limit belongs to the whole process: it is only ever raised
        csv.field_size_limit(max(csv.field_size_limit(), LARGEST))
    begin, last, size = first, first - 1, 0

    def texts() -> Iterator[str]:
        nonlocal last, size
        for number, text in lines:
            last = number
            size += len(text)
            if size > LARGEST:
                raise BadInputError(path, begin, "the row that begins here is longer than 8 MiB", "one record a row")
            yield text

    try:
        for row in csv.reader(texts(), delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in row):
                yield begin, row
            begin, size = last + 1, 0
    except csv.Error as error:
        problem = f"the row that begins here cannot be read ({error})"
        raise BadInputError(path, begin, problem, 'cells with quotes doubled, as in "a ""word"""') from error
