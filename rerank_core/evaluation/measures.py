"""Measures over rankings: a whole set of queries, one query at once, and the mean with its counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from rerank_core.evaluation.formulas import check_ranking, checked_grades, look_up, value_of
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.trec import trec_values
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

    pytrec_eval computes what it has, where it is safe; the rest is `formulas`, which agrees with it to 1e-12.
    Raises BadInputError for a document that stands twice in a ranking and for a grade that is not a whole number.
    """
    judged = {qid: checked_grades(grades, qid) for qid, grades in qrels.items() if grades}
    ranked = {qid: rankings.get(qid, ()) for qid in judged}
    for qid, ranking in ranked.items():
        check_ranking(ranking, qid)
    official = trec_values(ranked, judged, measures, level)
    result: dict[Measure, dict[str, float]] = {measure: {} for measure in measures}
    for qid, grades in judged.items():
        graded = None
        for measure, values in result.items():
            value = official.get(measure, {}).get(qid)
            if value is None:
                graded = graded or look_up(ranked[qid], grades)
                value = value_of(measure, graded, level)
            values[qid] = value
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
