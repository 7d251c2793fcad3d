"""Measures that follow the grading: one grade changes one query, and the means move with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from rerank_core.evaluation.formulas import check_ranking, checked_grades, look_up, value_of
from rerank_core.evaluation.names import Measure
from rerank_core.types import Qrels

Values = dict[Measure, float]


@dataclass(frozen=True, slots=True)
class LiveMeans:
    """The dataset means over the same `n` queries for every system: judged, and ranked by every system compared.

    `values` and `deltas`: system -> measure -> mean, and that minus the baseline's. None: the system failed, or n is 0,
    or (deltas) the baseline failed or none was named.
    """

    n: int
    values: dict[str, Values | None]
    deltas: dict[str, Values | None]


@dataclass(frozen=True, slots=True)
class LiveQuery:
    """One query now. `graded`: whether it has a judgment at all; where not, every value is None.

    `values` and `deltas`: system -> measure -> value, and that minus the baseline's. None: the system has no ranking
    of this query (it failed, or did not run yet), or (deltas) the baseline has none or none was named.
    """

    qid: str
    graded: bool
    values: dict[str, Values | None]
    deltas: dict[str, Values | None]
    means: LiveMeans


class LiveMeasures:
    """Per-query values of several systems and measures, kept up to date grade by grade. Not for several threads.

    A system without a ranking of any query has failed: it is None everywhere and holds back nobody. An empty ranking
    is an answer, and counts 0.
    """

    def __init__(
        self,
        rankings: Mapping[str, Mapping[str, Sequence[str] | None] | None],
        qrels: Qrels,
        measures: Sequence[Measure],
        baseline: str | None = None,
        level: int = 1,
    ) -> None:
        """`rankings`: system -> qid -> docids, best first; None: failed. `qrels`: qid -> docid -> grade.

        `level`: the lowest relevant grade, for measures that name none. Raises BadInputError as `evaluate` does.
        """
        self._measures, self._baseline, self._level = list(measures), baseline, level
        self._rankings: dict[str, dict[str, Sequence[str]]] = {system: {} for system in rankings}
        self._grades = {qid: checked_grades(grades, qid) for qid, grades in qrels.items() if grades}
        self._values: dict[str, dict[str, Values]] = {system: {} for system in rankings}
        for system, own in rankings.items():
            for qid, ranking in (own or {}).items():
                self._set_ranking(system, qid, ranking)
        for qid in self._grades:
            self._recompute(qid)
        self._find_shared()

    def update(self, qid: str, grades: Mapping[str, int]) -> None:
        """Take `grades` (docid -> grade) as *all* judgments of `qid`, none if empty.

        Recomputes this query only. Raises BadInputError, and changes nothing, for a grade that is not whole.
        """
        checked = checked_grades(grades, qid)
        if checked:
            self._grades[qid] = checked
        else:
            self._grades.pop(qid, None)
        self._recompute(qid)
        self._follow(qid)

    def set_rankings(self, qid: str, rankings: Mapping[str, Sequence[str] | None]) -> None:
        """Take the rankings that systems (also new ones) now have of `qid`; None: that system failed on it.

        Raises BadInputError, and changes nothing, for a document that stands twice.
        """
        for ranking in rankings.values():
            check_ranking(ranking or (), qid)
        for system, ranking in rankings.items():
            self._set_ranking(system, qid, ranking)
        self._recompute(qid)
        self._find_shared()

    def query(self, qid: str) -> LiveQuery:
        """One query as it stands, with the means of the dataset."""
        values = {system: own.get(qid) for system, own in self._values.items()}
        return LiveQuery(qid, qid in self._grades, values, self._against_baseline(values), self.means())

    def means(self) -> LiveMeans:
        """The means of the dataset as they stand."""
        n = len(self._shared)
        means: dict[str, Values | None] = dict.fromkeys(self._rankings)
        if n:
            for system, columns in self._columns.items():
                means[system] = {measure: fsum(column.values()) / n for measure, column in columns.items()}
        return LiveMeans(n, means, self._against_baseline(means))

    def per_query(self, system: str, measure: Measure) -> dict[str, float]:
        """qid -> value over the queries that the means are over, for `compare`; empty for a failed system."""
        columns = self._columns.get(system)
        return dict(columns[measure]) if columns else {}

    def _set_ranking(self, system: str, qid: str, ranking: Sequence[str] | None) -> None:
        own = self._rankings.setdefault(system, {})
        self._values.setdefault(system, {})
        if ranking is None:
            own.pop(qid, None)
        else:
            check_ranking(ranking, qid)
            own[qid] = tuple(ranking)

    def _recompute(self, qid: str) -> None:
        grades = self._grades.get(qid)
        for system, own in self._rankings.items():
            if grades is None or qid not in own:
                self._values[system].pop(qid, None)
                continue
            graded = look_up(own[qid], grades)
            self._values[system][qid] = {m: value_of(m, graded, self._level) for m in self._measures}

    def _find_shared(self) -> None:
        """Start the columns (qid -> value over the shared queries) of every system compared from nothing."""
        compared = [system for system, own in self._rankings.items() if own]
        self._shared: set[str] = set()
        self._columns: dict[str, dict[Measure, dict[str, float]]] = {
            system: {measure: {} for measure in self._measures} for system in compared
        }
        for qid in self._grades:
            self._follow(qid)

    def _follow(self, qid: str) -> None:
        """Put the query's values into the columns, or take them out, as it is shared by all systems compared or not."""
        if self._columns and all(qid in self._values[system] for system in self._columns):
            self._shared.add(qid)
            for system, columns in self._columns.items():
                for measure, value in self._values[system][qid].items():
                    columns[measure][qid] = value
        elif qid in self._shared:
            self._shared.remove(qid)
            for columns in self._columns.values():
                for column in columns.values():
                    column.pop(qid, None)

    def _against_baseline(self, values: Mapping[str, Values | None]) -> dict[str, Values | None]:
        base = values.get(self._baseline) if self._baseline is not None else None
        return {
            system: None if base is None or own is None else {m: own[m] - base[m] for m in self._measures}
            for system, own in values.items()
        }
