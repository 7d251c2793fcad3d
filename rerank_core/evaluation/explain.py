"""Why this number: the sum behind one query's nDCG@k, place by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from rerank_core.evaluation.formulas import (
    check_ranking,
    checked_grades,
    dcg,
    discount,
    exponential_gain,
    linear_gain,
    look_up,
)


@dataclass(frozen=True, slots=True)
class GainRow:
    """One place of the ranking: `contribution` = gain x discount; `grade` None: ungraded, counted as gain 0."""

    rank: int
    docid: str
    grade: int | None
    gain: float
    discount: float
    contribution: float


@dataclass(frozen=True, slots=True)
class IdealRow:
    """One place of the ideal list. `found_at`: the rank the document really has; None: it was not returned."""

    rank: int
    docid: str
    grade: int
    gain: float
    discount: float
    contribution: float
    found_at: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`value` = `dcg` / `ideal_dcg` (0 where nothing relevant is judged); each is the sum of its rows' contributions.

    `rows`: the first k places of the ranking. `ideal`: the relevant judged documents, best first, cut at k.
    """

    k: int
    rows: tuple[GainRow, ...]
    ideal: tuple[IdealRow, ...]
    dcg: float
    ideal_dcg: float
    value: float


def explain_ndcg(
    ranking: Sequence[str], grades: Mapping[str, int], k: int = 10, exponential: bool = False
) -> Explanation:
    """The sum behind nDCG@k (nDCG_exp@k where `exponential`) of one query.

    `ranking`: docids, best first. `grades`: docid -> grade of every judged document. The ideal list holds grades
    in falling order; equal grades stand as the ranking has them, then the documents not returned, by docid.
    Raises BadInputError for a document that stands twice and for a grade that is not a whole number.
    """
    check_ranking(ranking)
    grades = checked_grades(grades)
    gain_of = exponential_gain if exponential else linear_gain
    rows = []
    for rank, docid in enumerate(ranking[:k], 1):
        grade = grades.get(docid)
        gain, weight = gain_of(grade), discount(rank)
        rows.append(GainRow(rank, docid, grade, gain, weight, gain * weight))
    rank_of = {docid: rank for rank, docid in enumerate(ranking, 1)}
    best = sorted(
        (docid for docid, grade in grades.items() if grade > 0),
        key=lambda docid: (-grades[docid], rank_of.get(docid, len(rank_of) + 1), docid),
    )
    ideal = []
    for rank, docid in enumerate(best[:k], 1):
        gain, weight = gain_of(grades[docid]), discount(rank)
        ideal.append(IdealRow(rank, docid, grades[docid], gain, weight, gain * weight, rank_of.get(docid)))
    total, ideal_total = fsum(row.contribution for row in rows), fsum(row.contribution for row in ideal)
    return Explanation(k, tuple(rows), tuple(ideal), total, ideal_total, total / ideal_total if ideal_total else 0.0)


@dataclass(frozen=True, slots=True)
class OtherValue:
    """`value` as `who` would print it, and `why` it is what it is. `ours` marks the headline."""

    value: float
    who: str
    why: str
    ours: bool = False


def ndcg_elsewhere(ranking: Sequence[str], grades: Mapping[str, int], k: int = 10) -> tuple[OtherValue, ...]:
    """The six values of one query that the field calls nDCG@k, ours first.

    `ranking`: docids, best first. `grades`: docid -> grade of every judged document. All are 0 where the ideal is.
    What each tool does was read in its own sources or measured (research/measures.md).
    Raises BadInputError for a document that stands twice and for a grade that is not a whole number.
    """
    check_ranking(ranking)
    graded = look_up(ranking, checked_grades(grades))
    linear, exponential = ([gain(grade) for grade in graded.returned] for gain in (linear_gain, exponential_gain))
    all_linear, all_exponential = (
        sorted(map(gain, graded.judged), reverse=True) for gain in (linear_gain, exponential_gain)
    )
    hits = len(linear[:k])
    return (
        OtherValue(
            _ratio(linear[:k], all_linear[:k]),
            "trec_eval, pytrec_eval, ir_measures, BEIR, ranx ndcg",
            "gain = grade; ideal = all judged documents, cut at k",
            ours=True,
        ),
        OtherValue(
            _ratio(exponential[:k], all_exponential[:k]),
            "ranx ndcg_burges, Quepid NDCG_CUT, OpenSearch workbench",
            "gain = 2^grade - 1; here it is called nDCG_exp",
        ),
        OtherValue(
            _ratio(exponential[:k], all_exponential),
            "Quepid nDCG",
            "gain = 2^grade - 1; ideal not cut at k",
        ),
        OtherValue(_ratio(linear, all_linear), "Haystack; trec_eval ndcg", "no cutoff at all; here it is called nDCG"),
        OtherValue(
            _ratio(exponential[:k], all_exponential[:hits]),
            "Elasticsearch _rank_eval",
            "gain = 2^grade - 1; ideal cut to the number of hits returned",
        ),
        OtherValue(
            _ratio(linear[:k], sorted(linear[:k], reverse=True)),
            "Phoenix, SearchTweak",
            "ideal = the returned list re-sorted, so that relevant documents that were not found cost nothing",
        ),
    )


def _ratio(gains: Sequence[float], ideal: Sequence[float]) -> float:
    best = dcg(ideal)
    return dcg(gains) / best if best else 0.0
