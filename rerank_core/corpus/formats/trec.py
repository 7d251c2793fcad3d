"""TREC's qrels (`qid iter docid grade`) and runs (`qid Q0 docid rank score tag`), read and written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from rerank_core.corpus.formats.lines import WHITE, read_lines
from rerank_core.corpus.formats.record import LONGEST_ID, as_id
from rerank_core.corpus.formats.run_order import RankColumn, compare_rank_column, trec_eval_order
from rerank_core.errors import BadInputError
from rerank_core.types import Qrels, Ranking, ScoredDoc

LARGEST_GRADE = 1_000
"""Grades outside of ±1,000 are refused: they are not grades, and trec_eval hangs on them."""

Ties = Literal["file", "trec_eval"]

_FIELD = re.compile(f"[^{WHITE}]+")
_WHOLE = re.compile(r"([+-]?\d{1,9})(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade as a file has it. `query` is a qid, or the query's text where `by_text`; `grade` None: left blank."""

    query: str
    docid: str
    grade: int | None
    line: int
    by_text: bool = False


def parse_grade(cell: str, source: Path, line: int) -> int:
    """A whole number, also written as '2.0'. Raises BadInputError for anything else, as 1.5: trec_eval cuts it to 1."""
    match = _WHOLE.fullmatch(cell.strip())
    if match is None or abs(int(match[1])) > LARGEST_GRADE:
        expected = f"a whole number from -{LARGEST_GRADE} to {LARGEST_GRADE}"
        raise BadInputError(source, line, f"the grade is {cell.strip()[:40]!r}", expected)
    return int(match[1])


def read_qrels(path: Path) -> Iterator[Grade]:
    """Grades in their order of lines; negative ones are kept. Raises BadInputError."""
    for line, (qid, _, docid, grade) in _fields(path, 4, "qid iteration docid grade"):
        _refuse_long(path, line, qid, docid)
        yield Grade(qid, docid, parse_grade(grade, path, line), line)


@dataclass(frozen=True, slots=True)
class RunFile:
    """A run as its file has it. `rankings`: qid -> ranking, queries in their order of first appearance.

    `met_by_form`: ids, as the file has them, that were renamed to what they are known by (`id_forms`); none yet as it
    is read.
    """

    rankings: dict[str, Ranking]
    rank_column: RankColumn
    met_by_form: tuple[str, ...] = ()


def read_run(path: Path, system: str | None = None, ties: Ties = "file") -> dict[str, Ranking]:
    """The rankings of `read_run_file`."""
    return read_run_file(path, system, ties).rankings


def read_run_file(path: Path, system: str | None = None, ties: Ties = "file") -> RunFile:
    """A run, and how its rank column fits its scores.

    The rank column is not trusted (it counts from 0, from 1, or is wrong): lines are sorted by score, highest first.
    `ties` decides on equal scores: 'file' keeps their order in the file, which is the one that the system gave before
    its scores were rounded; 'trec_eval' is `trec_eval_order`, for its figures to the last digit. Scores are kept raw.
    `system` names the run; None: its tag. Raises BadInputError for a score that is not a finite number, a docid that a
    query has twice, and an empty file.
    """
    found: dict[str, dict[str, float]] = {}
    ranks: dict[str, list[str]] = {}
    name = system
    for line, (qid, _, docid, rank, score, tag) in _fields(path, 6, "qid Q0 docid rank score tag"):
        _refuse_long(path, line, qid, docid)
        scores = found.setdefault(qid, {})
        if docid in scores:
            raise BadInputError(
                path, line, f"query {qid[:80]} has passage {docid[:80]} twice", "each passage once per query"
            )
        scores[docid] = _parse_score(score, path, line)
        ranks.setdefault(qid, []).append(rank)
        name = name or tag
    if not found:
        raise BadInputError(path, None, "the run is empty", "lines of: qid Q0 docid rank score tag")
    column = compare_rank_column({qid: zip(ranks[qid], scores.values(), strict=True) for qid, scores in found.items()})
    return RunFile({qid: _ranking(qid, name or "", scores, ties) for qid, scores in found.items()}, column)


def _refuse_long(path: Path, line: int, qid: str, docid: str) -> None:
    if len(qid) > LONGEST_ID or len(docid) > LONGEST_ID:
        as_id(qid, "qid", path, line)
        as_id(docid, "docid", path, line)


def _ranking(qid: str, system: str, scores: dict[str, float], ties: Ties) -> Ranking:
    # sorted() is stable: ties keep the order they have in the file
    order = trec_eval_order(scores) if ties == "trec_eval" else sorted(scores, key=lambda docid: -scores[docid])
    return Ranking(qid, system, tuple(ScoredDoc(docid, scores[docid], rank) for rank, docid in enumerate(order, 1)))


def _parse_score(cell: str, path: Path, line: int) -> float:
    try:
        # float() also takes 1_000 and digits of other scripts, which C's atof reads otherwise
        score = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise BadInputError(path, line, f"the score is {cell[:40]!r}", "a finite number")
    return score


def split_fields(line: str, wanted: int) -> list[str]:
    """The fields of a line: between tabs where that makes `wanted` of them, else between any ASCII white space."""
    cells = [cell.strip(WHITE) for cell in line.split("\t")]
    return cells if len(cells) == wanted and all(cells) else _FIELD.findall(line)


def _fields(path: Path, wanted: int, layout: str) -> Iterator[tuple[int, list[str]]]:
    for line, text in read_lines(path):
        if not text.strip(WHITE) or text.startswith("#"):
            continue
        fields = split_fields(text, wanted)
        if len(fields) != wanted:
            raise BadInputError(path, line, f"the line has {len(fields)} fields", f"{wanted}: {layout}")
        if "\0" in text:
            raise BadInputError(path, line, "the line holds a NUL character", layout)
        yield line, fields


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Grades as `qid 0 docid grade`. Raises BadInputError, and writes nothing, where an id holds white space."""
    lines = [
        f"{_one_word(qid)} 0 {_one_word(docid)} {grade}\n" for qid, row in qrels.items() for docid, grade in row.items()
    ]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def write_run(path: Path, rankings: Iterable[Ranking], tag: str | None = None) -> None:
    """Rankings as `qid Q0 docid rank score tag`, ranks from 1; `tag` None: the system's name, white space as '_'.

    Scores are written raw and in full where they fall, or stay equal, down the ranking. Where one is missing or rises,
    the ranking's length down to 1 is written instead, since readers sort by score. A ranking without documents leaves
    no line. Raises BadInputError, and writes nothing, where an id holds white space.
    """
    lines = []
    for ranking in rankings:
        name = "_".join((tag or ranking.system).split()) or "run"
        for doc, score in zip(ranking.docs, _falling_scores(ranking), strict=True):
            lines.append(f"{_one_word(ranking.qid)} Q0 {_one_word(doc.docid)} {doc.rank} {score!r} {name}\n")
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def _falling_scores(ranking: Ranking) -> list[float]:
    scores = [float(doc.score) for doc in ranking.docs if doc.score is not None and math.isfinite(doc.score)]
    whole = len(scores) == len(ranking.docs)
    if whole and all(before >= after for before, after in pairwise(scores)):
        return scores
    return [float(place) for place in range(len(ranking.docs), 0, -1)]


def _one_word(name: str) -> str:
    if _FIELD.findall(name) != [name] or name.startswith("#"):
        raise BadInputError(
            "TREC file", None, f"the id {name!r} is not one word", "ids without white space or leading '#'"
        )
    return name
