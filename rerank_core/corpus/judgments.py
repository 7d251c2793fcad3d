"""Grades from any of the usual files: TREC qrels, BEIR's TSV, and the CSV tables of grading tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rerank_core.corpus import trec
from rerank_core.corpus.delimited import check_width, read_rows
from rerank_core.corpus.lines import plain_suffix, read_lines
from rerank_core.corpus.record import as_id
from rerank_core.corpus.trec import Grade, parse_grade
from rerank_core.errors import BadInputError

QID_NAMES = ("qid", "query_id", "query-id", "queryid", "topic")
QUERY_NAMES = ("query", "keyword", "query_text")
DOC_NAMES = ("docid", "docno", "doc", "doc_id", "doc-id", "corpus-id", "corpus_id", "document_id", "pid")
GRADE_NAMES = ("grade", "rating", "label", "score", "rel", "relevance", "judgment")
ACCEPTED = (
    "a header with a query (qid, query-id; or query, keyword for its text), a passage (docid, docno, doc, corpus-id) "
    "and a grade (grade, rating, label, score), or rows of: query, docid, grade, or TREC's: qid iteration docid grade"
)


def read_judgments(path: Path) -> Iterator[Grade]:
    """Grades in their order of lines, from TREC qrels or from a CSV or TSV table, with a header or without.

    A column `query` or `keyword` holds the query's text in some tools and its id in others: such grades are `by_text`,
    and the reader has to look in both. A blank grade is None. Raises BadInputError.
    """
    if is_trec(path):
        return trec.read_qrels(path)
    return _read_table(path)


def is_trec(path: Path) -> bool:
    """Whether the first line that says something is TREC's: four fields between white space, the last a number."""
    if plain_suffix(path.name) == ".csv":
        return False
    for _, text in read_lines(path):
        if text.strip() and not text.startswith("#"):
            fields = text.split()
            return len(fields) == 4 and is_number(fields[3])
    return False


def _read_table(path: Path) -> Iterator[Grade]:
    rows = read_rows(path)
    line, first = next(rows, (1, []))
    places, by_text = find_places(first)
    if places is None:
        places, by_text = places_without_header(first), True
        if places is None:
            raise BadInputError(path, line, f"these are not grades: {_shown(first)}", ACCEPTED)
        yield _grade(path, line, first, places, by_text)
    for line, row in rows:
        check_width(path, line, row, len(first))
        yield _grade(path, line, row, places, by_text)


def find_places(header: Sequence[str]) -> tuple[tuple[int, int, int] | None, bool]:
    """Where the (query, docid, grade) columns are, None if this is no such header; and whether queries are texts."""
    names = [cell.strip().lower() for cell in header]

    def place(usual: Sequence[str]) -> int | None:
        return next((names.index(name) for name in usual if name in names), None)

    qid, docid, grade = place(QID_NAMES), place(DOC_NAMES), place(GRADE_NAMES)
    query = qid if qid is not None else place(QUERY_NAMES)
    if query is None or docid is None or grade is None:
        return None, False
    return (query, docid, grade), qid is None


def places_without_header(row: Sequence[str]) -> tuple[int, int, int] | None:
    """Where query, docid and grade are in a table without a header; None where `row` is no such row."""
    if len(row) == 3 and is_number(row[2]):
        return (0, 1, 2)
    return (0, 2, 3) if len(row) == 4 and is_number(row[3]) else None


def _grade(path: Path, line: int, row: Sequence[str], places: tuple[int, int, int], by_text: bool) -> Grade:
    query, docid, cell = (row[place].strip() for place in places)
    grade = parse_grade(cell, path, line) if cell else None
    return Grade(as_id(query, "query", path, line), as_id(docid, "docid", path, line), grade, line, by_text)


def is_number(cell: str) -> bool:
    """Whether the cell reads as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _shown(row: Sequence[str]) -> str:
    return repr(", ".join(row)[:80])
