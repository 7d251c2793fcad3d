"""Queries and grades brought together: which query a grade belongs to, and what came more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from rerank_core.corpus.formats.columns import USUAL, Columns
from rerank_core.corpus.formats.judgments import read_judgments
from rerank_core.corpus.formats.queries import has_ids, read_queries
from rerank_core.corpus.id_forms import other_forms
from rerank_core.errors import BadInputError
from rerank_core.store.scales import PRESETS, preset_names
from rerank_core.text import same_text
from rerank_core.types import Query

_SCALES = {max(names): names for names in map(preset_names, PRESETS)} | {
    2: {0: "Not relevant", 1: "Related", 2: "Answers it"}
}
"""Highest grade -> the scale that a person is offered."""
_MOST_CHARS = 64_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A grade whose query is known by its qid, and where it came from."""

    qid: str
    docid: str
    grade: int
    judge: str
    source: Path
    line: int


@dataclass(slots=True)
class Topics:
    """Queries and grades as they are gathered from files.

    `queries`: qid -> query, in order; `known`: those that were there before and are not among the new ones. `rows`:
    grades in their order of files and lines, without repetitions of the same grade. `pairs`: (qid, docid) -> the
    grade that counts, which is the last one. `met_qids`: qids of the files that are a query's in another Unicode form
    only, in order; the query keeps the spelling that it had first.
    """

    known: Mapping[str, Query] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)
    same_queries: int = 0
    conflicting_queries: list[str] = field(default_factory=list)
    same_judgments: int = 0
    conflicting_judgments: int = 0
    ungraded: int = 0
    met_qids: dict[str, None] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _by_text: dict[str, str] = field(default_factory=dict)
    _last_number: int = 0
    _chars: int = 0

    def __post_init__(self) -> None:
        for query in self.known.values():
            self._by_text.setdefault(same_text(query.text), query.qid)

    def find(self, qid: str) -> Query | None:
        """The query of this qid, whether it is new or was known before."""
        return self.queries.get(qid) or self.known.get(qid)

    def add_queries(self, path: Path, columns: Columns = USUAL) -> None:
        """Take the queries of a file. A qid that comes again keeps its first text. Raises BadInputError."""
        numbered = not has_ids(path, columns)
        for line, query in read_queries(path, columns):
            self._hold(len(query.qid) + len(query.text) + len(query.note) + sum(map(len, query.tags)), path, line)
            if numbered:
                self._add_text(query.text)
                continue
            before = self.find(self._own_qid(query.qid))
            if before is None:
                self._put(query)
            elif same_text(before.text) == same_text(query.text):
                self.same_queries += 1
            else:
                self.conflicting_queries.append(query.qid)

    def _own_qid(self, qid: str) -> str:
        """The qid as the queries have it, where it is there in another Unicode form only."""
        if qid.isascii() or self.find(qid) is not None:
            return qid
        name = other_forms([qid], lambda ids: [form for form in ids if self.find(form) is not None]).get(qid)
        if name is None:
            return qid
        self.met_qids[qid] = None
        return name

    def _put(self, query: Query) -> None:
        self.queries[query.qid] = query
        self._by_text.setdefault(same_text(query.text), query.qid)

    def _add_text(self, text: str) -> None:
        if same_text(text) in self._by_text:
            self.same_queries += 1
        else:
            self._put(Query(self._free_qid(), text))

    def _free_qid(self) -> str:
        while True:
            self._last_number += 1
            if self.find(qid := f"q{self._last_number}") is None:
                return qid

    def add_grades(self, path: Path, judge: str, columns: Columns = USUAL) -> None:
        """Take the grades of a file; a query named by a text that is not there is made, also where it has no grade.

        Raises BadInputError.
        """
        for found in read_judgments(path, columns):
            self._hold(len(found.docid) + len(found.query) * found.by_text, path, found.line)
            qid = self._qid(found.query) if found.by_text else self._own_qid(found.query)
            if found.grade is None:
                self.ungraded += 1
                self._asked.add(qid)
            else:
                self._put_row(Row(qid, found.docid, found.grade, judge, path, found.line))

    def _hold(self, chars: int, path: Path, line: int) -> None:
        """Queries and grades are held in memory until the passages are there."""
        self._chars += chars
        if self._chars > _MOST_CHARS:
            problem = "the queries and grades up to here have more than 64 million characters"
            raise BadInputError(path, line, problem, "fewer of them, or shorter ids")

    def _put_row(self, row: Row) -> None:
        before = self.pairs.get((row.qid, row.docid))
        if before == row.grade:
            self.same_judgments += 1
            return
        self.conflicting_judgments += before is not None
        self.pairs[row.qid, row.docid] = row.grade
        self.rows.append(row)

    def _qid(self, query: str) -> str:
        own = self._own_qid(query)
        if self.find(own) is not None:
            return own
        key = same_text(query)
        if key not in self._by_text:
            self._put(Query(self._free_qid(), query))
        return self._by_text[key]

    def keep_judged(self) -> int:
        """Leave out the new queries that no row of grades names, where there are grades at all; return how many."""
        judged = {qid for qid, _ in self.pairs}
        left_out = [qid for qid in self.queries if judged and qid not in judged | self._asked]
        for qid in left_out:
            del self.queries[qid]
        return len(left_out)

    def rename_docs(self, names: Mapping[str, str]) -> None:
        """Give the grades of these docids to others: docid as it is graded -> docid of the passage."""
        if not names:
            return
        before, self.rows, self.pairs, self.conflicting_judgments = self.rows, [], {}, 0
        for row in before:
            self._put_row(replace(row, docid=names.get(row.docid, row.docid)))

    def grades(self) -> dict[int, int]:
        """Grade -> number of pairs, lowest grade first."""
        return dict(sorted(Counter(self.pairs.values()).items()))

    def docids(self) -> dict[str, None]:
        """The judged docids, distinct, in order."""
        return dict.fromkeys(docid for _, docid in self.pairs)

    def unknown_qids(self) -> list[str]:
        """The qids that are judged and name no query, in order."""
        return [qid for qid in dict.fromkeys(qid for qid, _ in self.pairs) if self.find(qid) is None]

    def unjudged_queries(self) -> list[str]:
        """The texts of the new queries that have no grade, in order."""
        judged = {qid for qid, _ in self.pairs}
        return [query.text for qid, query in self.queries.items() if qid not in judged]

    def refuse_above(self, highest: int) -> None:
        """Raise BadInputError at the first grade above `highest`."""
        for row in self.rows:
            if row.grade > highest:
                raise BadInputError(
                    row.source, row.line, f"the grade {row.grade} is not on the scale", f"{highest} at the most"
                )


def scale_for(grades: Iterable[int], highest: int | None = None) -> dict[int, str] | None:
    """Grade -> name, lowest first, for grades that occur; None where there are none and `highest` says nothing.

    From 0 to the highest grade, or to `highest`, and at least to 1. Negative grades are kept but are no choice when
    people grade. Above 10 the scale has only the grades that occur (ESCI's gains are 0, 1, 10, 100).
    """
    present = {grade for grade in grades if grade >= 0}
    if not present and highest is None:
        return None
    top = max(1, *present, highest or 0)
    if top in _SCALES:
        return dict(_SCALES[top])
    steps = range(top + 1) if top <= 10 else sorted({0, top} | present)
    return {grade: f"Grade {grade}" for grade in steps}
