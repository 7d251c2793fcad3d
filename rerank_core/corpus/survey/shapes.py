"""The part that a file's content fits: its fields and first rows are checked, whatever its name claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats import jsonl, parquet
from rerank_core.corpus.formats.columns import Columns, Found, Role, numbered, passage_columns, query_columns
from rerank_core.corpus.formats.delimited import TWO, guess_delimiter, has_header, read_rows, starts_with_data
from rerank_core.corpus.formats.file_format import Format
from rerank_core.corpus.formats.judgments import (
    Places,
    find_places,
    is_grade,
    is_number,
    places_without_header,
)
from rerank_core.corpus.formats.lines import WHITE, read_lines
from rerank_core.corpus.formats.queries import is_id_and_text, is_without_ids
from rerank_core.corpus.formats.record import require_columns, weight
from rerank_core.corpus.formats.topic_files import read_topics
from rerank_core.corpus.formats.trec import split_fields
from rerank_core.corpus.formats.usual_names import GRADED_PASSAGES, QUERIES, find_usual
from rerank_core.corpus.survey.names import Claim, Part
from rerank_core.errors import BadInputError

SAMPLE = 20
"""So many rows are looked at."""

_SAMPLE_CHARS = 2**20
"""The sample ends with the row in which it becomes so long."""
A_TEXT = "it is a text"
_LONGEST_ID = 3
"""Words of a docid in a table of grades without a header; what is longer is a text."""

_PROVEN = ("qid", "query_id", "query", "query_text")
"""A table with texts is one of grades where one of these names its queries; 'topic' and 'keyword' may be metadata."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a file. `columns`: () where nothing names them, or where it has lines of TREC and of text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The part that a content fits, why, and the columns that are not read in that part. Part None: it fits none.

    `header`: of a table, whether its first row names the columns.
    """

    part: Part | None
    why: str
    unused: tuple[str, ...] = ()
    header: bool = False


def sample(path: Path, kind: Format) -> Sample:
    """The first 20 rows. Raises BadInputError where the first of them cannot be read; a later one ends the sample."""
    if kind == "table":
        rows = _until_bad(read_rows(path))
        return Sample((), tuple(tuple(row) for row in rows))
    if kind in ("jsonl", "parquet"):
        records = _until_bad(jsonl.read_objects(path) if kind == "jsonl" else parquet.read_records(path))
        names = tuple(dict.fromkeys(name for record in records for name in record))
        names = names or (parquet.column_names(path) if kind == "parquet" else ())
        return Sample(names, tuple(tuple(record.get(name) for name in names) for record in records))
    if kind == "topics":
        return Sample(("number", "title"), tuple((query.qid, query.text) for query in _until_bad(read_topics(path))))
    filled = ((number, text) for number, text in read_lines(path) if text.strip())
    return Sample((), tuple((text.strip("\r\n"),) for text in _until_bad(filled)))


def _until_bad(rows: Any) -> list[Any]:
    records: list[Any] = []
    try:
        seen = 0
        for _, row in islice(rows, SAMPLE):
            records.append(row)
            seen += weight(row)
            if seen > _SAMPLE_CHARS:
                break
    except BadInputError:
        if not records:
            raise
    return records


def shape_of(seen: Sample, kind: Format, claim: Claim, chosen: Columns) -> Shape:
    """The part that the content fits; where it fits several, the one that the name claims."""
    if kind == "topics":
        return Shape("queries", "it has TREC topics")
    if kind in ("text", "lines"):
        return _shape_of_lines([row[0] for row in seen.rows], kind, claim)
    if kind == "table":
        return _shape_of_table(seen.rows, claim, chosen)
    return _shape_of_records(seen, claim, chosen)


def _shape_of_lines(lines: Sequence[str], kind: Format, claim: Claim) -> Shape:
    lines = [line for line in lines if not line.startswith("#")] or lines
    runs = [split_fields(line, 6) for line in lines]
    if all(len(row) == 6 and is_number(row[3]) and is_number(row[4]) for row in runs):
        return Shape("run", "its lines are those of a TREC run")
    # a file that is named for its grades is one by its first line, and its reader then names the line that is wrong
    named = claim.part == "grades" or kind == "lines"
    rows = [split_fields(line, 4) for line in (lines[:1] if named else lines)]
    if (named or len(rows) > 1) and all(_is_qrel(row, named) for row in rows):
        return Shape("grades", "its lines are those of TREC qrels")
    first = lines[0].split(guess_delimiter(lines[0]))
    if named and (find_places(first) or _graded_rows([first])):
        return Shape("grades", "its rows have a query, a docid and a grade")
    if claim.part == "queries":
        return Shape("queries", "its name says so; one query a line")
    if claim.part in ("grades", "run"):
        return Shape(None if kind == "lines" else "passages", f"a text, though its name is that of {claim.part}")
    return Shape("passages", A_TEXT) if kind == "text" else _no_part()


def _is_qrel(row: Sequence[str], named: bool) -> bool:
    """A line of qrels: its second field is 0, or any number where the file is named for its grades."""
    if len(row) != 4 or not is_number(row[3]):
        return False
    return row[1] in ("0", "Q0") or (named and is_number(row[1]))


def _no_part() -> Shape:
    return Shape(None, "its name has no known ending, and its lines are not those of queries, grades or a run")


def _shape_of_table(rows: Sequence[Sequence[str]], claim: Claim, chosen: Columns) -> Shape:
    if not rows:
        return Shape(None, "it is empty")
    if chosen.header is False:
        return _shape_of_records(Sample(tuple(numbered(len(rows[0]))), tuple(map(tuple, rows))), claim, chosen)
    header = tuple(name.strip() for name in rows[0])
    named = _shape_of_records(Sample(header, tuple(tuple(row) for row in rows[1:])), claim, chosen)
    if named.part is not None or chosen.header:
        return replace(named, header=True)
    if all(len(row) == 6 and is_number(row[3]) and is_number(row[4]) for row in rows):
        return Shape("run", "its rows are those of a TREC run")
    if _graded_rows(rows):
        return Shape("grades", "it has no header; its rows have a query, a docid and a grade")
    if claim.part == "queries" and is_id_and_text(rows):
        return Shape("queries", "it has no header; its rows have an id and a text")
    if starts_with_data(rows):
        words = sum(len(row[1].split()) for row in rows if len(row) == 2) / len(rows)
        part: Part = claim.part or ("passages" if words > 12 else "queries")
        if part in ("passages", "queries"):
            return Shape(part, "it has no header; its rows have an id and a text")
    return named


def _graded_rows(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows without a header are (query, docid, grade) or TREC's four fields; a grade may be blank."""
    places = places_without_header(rows[0])
    if places is None or not is_grade(rows[0][places.grade]):
        return False
    if places.grade == 3 and not (is_number(rows[0][1]) or rows[0][1] == "Q0"):
        return False
    whole = [row for row in rows if len(row) == len(rows[0])]
    return all(_is_graded(row, places) for row in whole)


def _is_graded(row: Sequence[str], places: Places) -> bool:
    grade = row[places.grade].strip(WHITE)
    return (not grade or is_number(grade)) and len(row[places.docid].split()) <= _LONGEST_ID


def _shape_of_records(seen: Sample, claim: Claim, chosen: Columns) -> Shape:
    passages = passage_columns(seen.columns, chosen)
    queries = query_columns(seen.columns, chosen)
    has_passages = passages.id is not None and passages.text is not None
    # a title alone may be that of anything
    numbered_queries = is_without_ids(seen.columns, chosen) and _asks(queries.text, claim)
    has_queries = numbered_queries or (queries.id is not None and _asks(queries.text, claim))
    graded = _graded(seen, claim, passages, chosen)
    if graded is not None:
        return graded
    if has_passages and has_queries:
        part: Part = _passages_or_queries(seen, claim, passages, chosen)
    elif has_passages or has_queries:
        part = "passages" if has_passages else "queries"
    else:
        return Shape(None, _no_fields(seen))
    if part == "queries" and claim.part != "queries" and find_usual(seen.columns, GRADED_PASSAGES) is not None:
        return Shape(None, f"it has queries and passages in a row but no grade ({', '.join(seen.columns)})")
    if part == "passages":
        return Shape(part, f"it has ids in '{passages.id}' and texts in '{passages.text}'")
    if queries.id is None:
        return Shape(part, f"it has queries in '{queries.text}' and no ids: they are numbered")
    unused = _unused(seen, queries.id, queries.text, queries.note, *queries.tags, "tags", "metadata")
    return Shape(part, f"it has ids in '{queries.id}' and queries in '{queries.text}'", unused)


def _no_fields(seen: Sample) -> str:
    names = ", ".join(seen.columns) or "none"
    if is_whole_set(seen):
        return f"it is one JSON object that holds everything ({names}) where one object per line is wanted"
    return f"its fields ({names}) are those of no passages, queries or grades"


def is_whole_set(seen: Sample) -> bool:
    """Whether this is a single object whose fields hold collections, as LlamaIndex saves a data set."""
    return len(seen.rows) == 1 and sum(isinstance(value, dict | list) for value in seen.rows[0]) > len(seen.rows[0]) / 2


def _asks(text: str | None, claim: Claim) -> bool:
    return text is not None and (claim.part == "queries" or find_usual((text,), ("title",)) is None)


def _graded(seen: Sample, claim: Claim, passages: Found, chosen: Columns) -> Shape | None:
    places = find_places(seen.columns, chosen)
    if places is None:
        return None
    query, docid, grade = (seen.columns[place] for place in places[:3])
    if find_usual(seen.columns, ("score",)) == grade and find_usual(seen.columns, ("rank",)):
        return Shape("run", "it is a run as a table (it has ranks and scores)")
    proven = find_usual((query,), _PROVEN) is not None and find_usual((grade,), ("score",)) is None
    if passages.text is not None and passages.text != query and claim.part != "grades" and not proven:
        return None
    unused = _unused(seen, query, docid, grade, "iteration", "iter", "Q0")
    return Shape("grades", f"it has queries in '{query}', passages in '{docid}' and grades in '{grade}'", unused)


def _unused(seen: Sample, *used: str | None) -> tuple[str, ...]:
    """The columns beside the used ones that hold anything."""
    filled = {name for row in seen.rows for name, value in zip(seen.columns, row, strict=False) if value}
    return tuple(name for name in seen.columns if name not in used and name in filled)


def _passages_or_queries(seen: Sample, claim: Claim, columns: Found, chosen: Columns) -> Part:
    """Which of both, where the fields are those of passages and of queries: the name's, else what else there is."""
    if chosen.text is not None or chosen.id is not None:
        return "passages" if claim.part != "queries" else "queries"
    # a row of a table may be too short: its reader names it
    title = seen.columns.index(columns.title) if columns.title is not None else None
    titled = title is not None and any(any(row[title : title + 1]) for row in seen.rows)
    if claim.part == "passages" or (claim.part == "queries" and (claim.firm or not titled)):
        return claim.part
    asks = find_usual(seen.columns, tuple(name for name in QUERIES if name != "title")) is not None
    by_qid = find_usual(seen.columns, ("qid", "query_id")) is not None
    return "queries" if by_qid or (asks and not titled) else "passages"


def refuse_fields(seen: Sample, path: Path, chosen: Columns) -> None:
    """Raise BadInputError, naming the fields that are there, where these are no passages."""
    if is_whole_set(seen):
        raise BadInputError(path, 1, _no_fields(seen), "passages as one JSON object per line")
    names = seen.columns or tuple(str(cell).strip() for cell in (seen.rows[0] if seen.rows else ()))
    require_columns(names, chosen, path, 1)


def named_sample(seen: Sample, kind: Format, header: bool | None) -> Sample:
    """The sample of a table with the names of its columns; of anything else as it is."""
    if kind != "table" or not seen.rows:
        return seen
    if header:
        return Sample(tuple(str(cell).strip() for cell in seen.rows[0]), seen.rows[1:])
    return Sample(tuple(numbered(len(seen.rows[0]))), seen.rows)


def placed_roles(seen: Sample, part: Part) -> tuple[tuple[str, Role], ...]:
    """What the columns of a table without a header hold, as its reader takes them by their places; () for others."""
    roles: dict[str, Role] = {}
    if part in ("passages", "queries") and len(seen.columns) == 2:
        roles = dict(TWO.roles)
    places = places_without_header([str(cell) for cell in seen.rows[0]]) if part == "grades" and seen.rows else None
    if places is not None:
        named: tuple[Role, ...] = ("query", "passage", "grade")
        roles = {seen.columns[place]: role for place, role in zip(places[:3], named, strict=True)}
    return tuple((name, roles.get(name, "not read")) for name in seen.columns) if roles else ()


_FEW_WORDS, _A_PASSAGE = 6, 12
"""Words of a cell: rows of grades have fewer, passages have more."""


def suggest_part(seen: Sample, kind: Format, claim: Claim, chosen: Columns) -> tuple[Part, bool | None]:
    """What a file of records may be whose columns have no usual names, and whether its first row names them.

    By its name; else grades have a column of a few whole numbers and no long texts, and passages have long ones.
    """
    header = None
    if kind == "table":
        header = chosen.header if chosen.header is not None else has_header([list(map(str, row)) for row in seen.rows])
    named = named_sample(seen, kind, header)
    if claim.part in ("passages", "queries", "grades") and claim.firm:
        return claim.part, header
    cells = [[str(cell) for row in named.rows for cell in row[place : place + 1] if cell not in (None, "")]
             for place in range(len(named.columns))]  # fmt: skip
    longest = max((sum(len(cell.split()) for cell in column) / len(column) for column in cells if column), default=0.0)
    graded = any(column and len(set(column)) <= 5 and all(map(is_grade, column)) for column in cells)
    if graded and longest < _FEW_WORDS and len(cells) >= 3:
        return "grades", header
    if len(cells) == 1:
        return "queries", header
    return ("passages" if longest >= _A_PASSAGE or (len(cells) > 2 and longest >= _FEW_WORDS) else "queries"), header
