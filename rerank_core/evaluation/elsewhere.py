"""The other numbers that tools in the field call nDCG@k, so that a person who saw one can find out why it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.evaluation.formulas import check_ranking, checked_grades, dcg, exponential_gain, linear_gain, look_up


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
