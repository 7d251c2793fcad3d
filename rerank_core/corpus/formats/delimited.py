"""CSV and TSV: rows of cells, and passages out of a table with a header."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from rerank_core.corpus.formats.columns import NOTHING, USUAL, Columns, is_tags_name, numbered, passage_columns
from rerank_core.corpus.formats.lines import LARGEST, WHITE, plain_suffix, read_lines
from rerank_core.corpus.formats.record import MOST_FIELDS, as_id, as_tags, require_columns
from rerank_core.corpus.formats.usual_names import is_usual
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

DELIMITERS = (",", ";", "\t", "|")
_SEP_LINE = re.compile(r'"?sep=(.)"?[,;|\t]*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_LOOKED_AT = 20
"""So many rows tell whether the first one is a header, here and in a look before the import."""
_LIMIT_LOCK = threading.Lock()


def read_docs(path: Path, columns: Columns = USUAL) -> Iterator[Doc]:
    """Passages in their order of rows; the first row names the columns.

    A table of two columns without such a row, as MS MARCO's collection.tsv is, has id and text. Ids lose the ASCII
    white space around them. A cell outside of the id, title and text columns goes to the metadata, as text, under its
    column's name; one of tags as a list of them; an empty cell is no entry. Raises BadInputError at the line where the
    wrong row begins.
    """
    rows = read_rows(path)
    start = list(islice(rows, 2))
    if start and len(start[0][1]) == 2 and columns == USUAL and passage_columns(tuple(start[0][1]), USUAL) == NOTHING:
        start += islice(rows, _LOOKED_AT - 2)  # whether there is a header is seen by the rows below
    line, header = start[0] if start else (1, [])
    if columns.header is False:
        rows, header = chain(start, rows), numbered(len(header))
        columns = columns if columns.roles or len(header) != 2 else TWO
    elif columns == USUAL and starts_with_data([row for _, row in start]):
        rows, header, columns = chain(start, rows), numbered(2), TWO
    else:
        rows = chain(start[1:], rows)
    header = [name.strip() for name in header]
    if len(set(header)) < len(header):
        raise BadInputError(path, line, "two columns have the same name", "a header with distinct names")
    found = require_columns(header, columns, path, line)
    given = {name for name, _ in columns.roles}
    used = {found.id, found.title, found.text, *found.left_out}
    tags = {*found.tags, *(name for name in header if name not in given | used and is_tags_name(name))}
    for line, row in rows:
        check_width(path, line, row, len(header))
        record = dict(zip(header, row, strict=True))
        docid = as_id(record[found.id or ""].strip(WHITE), "id", path, line)
        kept = {name: cell for name, cell in record.items() if cell and name not in used}
        metadata = {name: as_tags(cell) if name in tags else cell for name, cell in kept.items()}
        yield Doc(docid, record[found.text or ""], record.get(found.title or "", ""), metadata)


TWO = Columns(roles=(("column 1", "id"), ("column 2", "text")))
"""A table of two columns without a header."""


def starts_with_data(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table is no header: two cells, no usual name, and `is_id_with_text`."""
    if not rows or len(rows[0]) != 2 or passage_columns(tuple(rows[0]), USUAL) != NOTHING:
        return False
    return is_row_of_data(rows)


def is_row_of_data(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table of two columns is an id and a text, and names no columns.

    It is where it is like the rows below; where these do not tell, it has to look like data.
    """
    unlike = is_unlike(rows)
    return not unlike if unlike is not None else is_id_with_text(rows[0], [row for row in rows[1:] if len(row) == 2])


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table names its columns: it holds a usual name of an id, or is like no row below.

    A column tells where all rows below are of one kind (numbers, ids that differ in their digits, texts of words) and
    the first is not. Where no column tells, a row of distinct short cells is a header.
    """
    first = [cell.strip() for cell in rows[0]] if rows else []
    below = [row for row in rows[1:] if len(row) == len(first)]
    if not first or not below:
        return bool(first)
    if any(is_usual(cell) for cell in first):
        return True
    told = is_unlike(rows)
    if told is not None:
        return told
    return all(0 < len(cell) <= _LONGEST_NAME and len(cell.split()) <= 5 for cell in first) and len(set(first)) == len(
        first
    )


_LONGEST_NAME = 60


def is_unlike(rows: Sequence[Sequence[str]]) -> bool | None:
    """Whether the first row is of another kind than the rows below; None where no column tells."""
    first = [cell.strip() for cell in rows[0]]
    below = [row for row in rows[1:] if len(row) == len(first)]
    told = [_differs(cell, [row[place].strip() for row in below]) for place, cell in enumerate(first)]
    return False if False in told else True if True in told else None


def _differs(cell: str, below: Sequence[str]) -> bool | None:
    """Whether a cell is of another kind than all those below it; None where these are of no one kind."""
    kinds = {_cell_kind(other) for other in below if other}
    kind = kinds.pop() if len(kinds) == 1 else ""
    if not kind:
        return None
    if kind == "words":
        return None if " " in cell else True
    return _cell_kind(cell) != kind


def _cell_kind(cell: str) -> str:
    """What a cell looks like: a number, words, or for one with digits itself without them; "" where like nothing."""
    if re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", cell):
        return "number"
    if " " in cell:
        return "words"
    return f"like {_without_digits(cell)}" if re.search(r"\d", cell) else ""


def is_id_with_text(row: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a row of two cells looks like data; one of another width does not.

    It has a number for an id, or a text of several words, or an id with digits that are like those of the rows below
    ('p1', 'p2').
    """
    if len(row) != 2:
        return False
    name, text = row[0].strip(), row[1].strip()
    others = [other for other in others if other]
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
                raise BadInputError(path, begin, "the row that begins here is longer than 8 MiB", "one record per row")
            yield text

    try:
        for row in csv.reader(texts(), delimiter=delimiter, strict=True):
            if any(cell.strip() for cell in row):
                yield begin, row
            begin, size = last + 1, 0
    except csv.Error as error:
        problem = f"the row that begins here cannot be read ({error})"
        raise BadInputError(path, begin, problem, 'cells with quotes doubled, as in "a ""word"""') from error
