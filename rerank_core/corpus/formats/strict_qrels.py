"""TREC qrels for measuring: one grade a pair, as trec_eval wants it."""

from __future__ import annotations

from pathlib import Path

from rerank_core.corpus.formats.trec import read_qrels
from rerank_core.errors import BadInputError


def read_strict_qrels(path: Path) -> tuple[dict[str, dict[str, int]], int]:
    """qid -> docid -> grade, and how many lines repeat a pair with the same grade (they count once).

    trec_eval stops at any pair that comes twice. Raises BadInputError where a pair has two different grades, naming
    both lines, for a file without grades, and as `read_qrels`.
    """
    qrels: dict[str, dict[str, int]] = {}
    lines: dict[tuple[str, str], int] = {}
    repeated = 0
    for found in read_qrels(path):
        grade = found.grade or 0
        grades = qrels.setdefault(found.query, {})
        before = grades.setdefault(found.docid, grade)
        first = lines.setdefault((found.query, found.docid), found.line)
        if before != grade:
            problem = (
                f"query {found.query} has passage {found.docid} with grade {grade}, "
                f"and on line {first} with grade {before}"
            )
            raise BadInputError(path, found.line, problem, "one grade for each pair of query and passage")
        repeated += first != found.line
    if not qrels:
        raise BadInputError(path, None, "there are no grades in the file", "lines of: qid iteration docid grade")
    return qrels, repeated
