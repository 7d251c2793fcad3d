"""Runs and grades as a program has them: dicts, TREC files, or data frames. Ids become text, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Protocol

from rerank_core.corpus.formats.run_order import trec_eval_order
from rerank_core.corpus.formats.strict_qrels import read_strict_qrels
from rerank_core.corpus.formats.trec import Ties, read_run
from rerank_core.errors import BadInputError
from rerank_core.types import Ranking, ScoredDoc


class Frame(Protocol):
    """A table by columns: pandas', or any other with these two."""

    @property
    def columns(self) -> Any:
        """The names of its columns."""

    def __getitem__(self, name: Any, /) -> Any:
        """A column: an iterable of its cells."""


RunSource = Mapping[str, Mapping[str, float] | Sequence[str] | Ranking] | str | Path | Frame
"""qid -> docid -> score, qid -> docids best first, qid -> Ranking; the path of a TREC run; or a frame of qid, docid and
score (or rank, where there is no score)."""
QrelsSource = Mapping[str, Mapping[str, int]] | str | Path | Frame
"""qid -> docid -> grade; the path of TREC qrels; or a frame of qid, docid and grade."""

_QID = ("qid", "query_id", "query-id", "query")
_DOCID = ("docid", "doc_id", "docno", "corpus-id", "pid")
_SCORE, _RANK = ("score",), ("rank",)
_GRADE = ("grade", "relevance", "rel", "label", "score")


def rankings_of(run: RunSource, ties: Ties) -> dict[str, Ranking]:
    """qid -> ranking, queries in their order of first appearance; orders without scores have None for them.

    Scores decide, highest first; `ties` says how equal ones are ordered: "trec_eval", or "file", as they are given.
    Raises BadInputError for an id that is no text or whole number, a score that is not a finite number, a passage that
    a query has twice, a frame without the columns, and as `read_run` for a file.
    """
    if isinstance(run, str | Path):
        return read_run(Path(run), ties=ties)
    if isinstance(run, Mapping):
        return {qid: _ranking(qid, answer, ties) for qid, answer in ((_text(own, "run"), run[own]) for own in run)}
    by_score = _find(run, _SCORE)
    column, sign = (by_score, 1.0) if by_score is not None else (_need(run, "run", _RANK), -1.0)
    found: dict[str, dict[str, float]] = {}
    for qid, docid, value in _rows(run, "run", column):
        _put_once(found.setdefault(qid, {}), qid, docid, sign * _score(value))
    return {qid: _by_score(qid, scores, ties) for qid, scores in found.items()}


def grades_of(qrels: QrelsSource) -> dict[str, dict[str, int]]:
    """qid -> docid -> grade.

    Raises BadInputError for a grade that is no whole number, a pair that comes twice, and as `rankings_of`.
    """
    if isinstance(qrels, str | Path):
        return read_strict_qrels(Path(qrels))[0]
    if isinstance(qrels, Mapping):
        return {
            _text(qid, "qrels"): {_text(docid, "qrels"): _grade(grade) for docid, grade in grades.items()}
            for qid, grades in qrels.items()
        }
    found: dict[str, dict[str, int]] = {}
    for qid, docid, value in _rows(qrels, "qrels", _need(qrels, "qrels", _GRADE)):
        _put_once(found.setdefault(qid, {}), qid, docid, _grade(value))
    return found


def name_of(run: RunSource, otherwise: str) -> str:
    """A file's name; `otherwise` for what has none."""
    return Path(run).name if isinstance(run, str | Path) else otherwise


def _ranking(qid: str, answer: Mapping[str, float] | Sequence[str] | Ranking, ties: Ties) -> Ranking:
    if isinstance(answer, Ranking):
        return replace(answer, qid=qid)
    if isinstance(answer, Mapping):
        return _by_score(qid, {_text(docid, "run"): _score(score) for docid, score in answer.items()}, ties)
    if isinstance(answer, str):
        raise BadInputError("run", None, f"the answer to a query is the text {answer[:40]!r}", "docids, best first")
    return Ranking(qid, "", tuple(ScoredDoc(_text(docid, "run"), None, rank) for rank, docid in enumerate(answer, 1)))


def _by_score(qid: str, scores: Mapping[str, float], ties: Ties) -> Ranking:
    # sorted() is stable: equal scores keep the order in which they are given
    order = trec_eval_order(scores) if ties == "trec_eval" else sorted(scores, key=lambda docid: -scores[docid])
    return Ranking(qid, "", tuple(ScoredDoc(docid, scores[docid], rank) for rank, docid in enumerate(order, 1)))


def _rows(frame: Frame, what: str, value: str) -> Iterator[tuple[str, str, Any]]:
    qids, docids = frame[_need(frame, what, _QID)], frame[_need(frame, what, _DOCID)]
    for qid, docid, cell in zip(qids, docids, frame[value], strict=True):
        yield _text(qid, what), _text(docid, what), cell


def _find(frame: Frame, names: Iterable[str]) -> str | None:
    """The first of the names that the frame has, as the frame writes it."""
    own = {str(column).lower(): column for column in frame.columns}
    return next((own[name] for name in names if name in own), None)


def _need(frame: Frame, what: str, names: Sequence[str]) -> str:
    found = _find(frame, names)
    if found is None:
        columns = ", ".join(map(str, frame.columns)) or "none"
        raise BadInputError(
            what, None, f"the frame has no column {names[0]} (its columns: {columns})", ", ".join(names)
        )
    return found


def _put_once(row: dict[str, Any], qid: str, docid: str, value: float) -> None:
    if docid in row:
        raise BadInputError("frame", None, f"query {qid} has passage {docid} twice", "each pair once")
    row[docid] = value


def _text(own: object, what: str) -> str:
    if isinstance(own, str):
        return own
    if isinstance(own, Integral) and not isinstance(own, bool):
        return str(int(own))
    raise BadInputError(what, None, f"an id is {own!r}", "a text, or a whole number")


def _score(value: object) -> float:
    number = float(value) if isinstance(value, Real) else nan
    if not isfinite(number):
        raise BadInputError("run", None, f"a score is {value!r}", "a finite number")
    return number


def _grade(value: object) -> int:
    number = float(value) if isinstance(value, Real) else nan
    if not number.is_integer():
        raise BadInputError("qrels", None, f"a grade is {value!r}", "a whole number")
    return int(number)
