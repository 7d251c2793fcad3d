"""Measures over rankings: a whole set of queries, one query at once, and the mean with its counts."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from rerank_core.evaluation.formulas import check_ranking, checked_grades, look_up, value_of
from rerank_core.evaluation.in_arrays import GradedSet
from rerank_core.evaluation.names import Measure
from rerank_core.types import Qrels


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean that says over what: `n` queries, of which `n_missing` had nothing returned and counted 0.

    `value` is None where n is 0.
    """

    value: float | None
    n: int
    n_missing: int


def evaluate(
    rankings: Mapping[str, Sequence[str]], qrels: Qrels, measures: Sequence[Measure], level: int = 1
) -> dict[Measure, dict[str, float]]:
    """measure -> qid -> value (0 to 1, higher is better), in the order of `measures` and of `qrels`.

    `rankings`: qid -> docids, best first; only the order counts. `qrels`: qid -> docid -> grade; absent is ungraded and
    counts as not relevant, negative is never relevant. `level`: the lowest relevant grade, for measures that name none.

    Every query with at least one judgment has a value (trec_eval's `-c`): a ranking that is missing or empty counts 0,
    see `missing_queries`. Rankings of queries without judgments are left out.

    Computed in arrays over all queries (`in_arrays`); the same values as `evaluate_query`, and as trec_eval for the
    measures that it has, to 1e-12. Raises BadInputError for a document that stands twice in a ranking and for a grade
    that is not a whole number.
    """
    judged = {qid: grades for qid, grades in qrels.items() if grades}
    try:
        graded = _graded_set(rankings, judged)
    except (TypeError, OverflowError):  # a grade that no scale of people's has, or that is none at all
        return _one_by_one(rankings, judged, measures, level)
    return {measure: dict(zip(judged, graded.values(measure, level).tolist(), strict=True)) for measure in measures}


def _graded_set(rankings: Mapping[str, Sequence[str]], judged: Qrels) -> GradedSet:
    """Raises TypeError for a grade that is not a whole number, OverflowError for one that is too large for arrays."""
    returned: list[int | None] = []
    given, lengths = array("i"), []
    for qid, grades in judged.items():
        ranking = rankings.get(qid, ())
        check_ranking(ranking, qid)
        # at once: its ids are in the processor's cache now, and to fetch them again takes longer than all sums
        returned += map(grades.get, ranking)
        given.fromlist(list(grades.values()))
        lengths.append(len(ranking))
    return GradedSet(lengths, returned, list(map(len, judged.values())), given)


def _one_by_one(
    rankings: Mapping[str, Sequence[str]], judged: Qrels, measures: Sequence[Measure], level: int
) -> dict[Measure, dict[str, float]]:
    result: dict[Measure, dict[str, float]] = {measure: {} for measure in measures}
    for qid, grades in judged.items():
        check_ranking(rankings.get(qid, ()), qid)
        graded = look_up(rankings.get(qid, ()), checked_grades(grades, qid))
        for measure, values in result.items():
            values[qid] = value_of(measure, graded, level)
    return result


def evaluate_query(
    ranking: Sequence[str], grades: Mapping[str, int], measures: Sequence[Measure], level: int = 1
) -> dict[Measure, float]:
    """measure -> value for one query: the quick way, for live grading; the same values as `evaluate` to 1e-12.

    `ranking`: docids, best first. `grades`: docid -> grade, of every judged document of the query, returned or not.
    An empty ranking or no grades give 0 throughout. Raises as `evaluate`.
    """
    check_ranking(ranking)
    graded = look_up(ranking, checked_grades(grades))
    return {measure: value_of(measure, graded, level) for measure in measures}


def missing_queries(rankings: Mapping[str, Sequence[str]], qrels: Qrels) -> list[str]:
    """The judged queries for which nothing was returned, in the order of `qrels`: those that `evaluate` counts as 0."""
    return [qid for qid, grades in qrels.items() if grades and not rankings.get(qid)]


def mean(values: Mapping[str, float], missing: Collection[str] = ()) -> Mean:
    """The mean over qid -> value. `missing`: qids with nothing returned (others are ignored)."""
    absent = sum(qid in values for qid in missing)
    return Mean(fsum(values.values()) / len(values) if values else None, len(values), absent)
