"""Loss: what a perfect reranker could have made of the candidates, and what retrieval had lost before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from rerank_core.errors import BadInputError
from rerank_core.evaluation.formulas import check_ranking, checked_grades
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import Measure


@dataclass(frozen=True, slots=True)
class LossSplit:
    """Where one query's nDCG@k (or the mean of many) falls short of 1: `actual` + `ordering` + `retrieval` = 1.

    `oracle`: nDCG@k of the candidates in their best order. `retrieval` = 1 - oracle: relevant documents that are not
    among the candidates. `ordering` = oracle - actual: candidates in the wrong order.
    """

    actual: float
    oracle: float
    retrieval: float
    ordering: float


def ideal_order(candidates: Sequence[str], grades: Mapping[str, int]) -> list[str]:
    """The candidates (docids, best first) in their best order: grade descending, then candidate rank.

    Unjudged and negative count as 0, so that they keep their order among the zeros.
    Raises BadInputError for a document that stands twice.
    """
    check_ranking(candidates)
    return sorted(candidates, key=lambda docid: -max(grades.get(docid, 0), 0))


def oracle_ndcg(candidates: Sequence[str], grades: Mapping[str, int], k: int = 10) -> float | None:
    """nDCG@k of the candidates in their best order: the most that any reranker of them can reach.

    The ideal is still over *all* judged documents, so this is below 1 where retrieval missed something.
    None where no judged document is relevant: nothing can be won or lost.
    """
    if not any(grade > 0 for grade in grades.values()):
        return None
    measure = Measure("nDCG", k)
    return evaluate_query(ideal_order(candidates, grades), grades, [measure])[measure]


def split_loss(
    ranking: Sequence[str], candidates: Sequence[str], grades: Mapping[str, int], k: int = 10
) -> LossSplit | None:
    """Why `ranking` (made of `candidates`) is not at nDCG@k = 1: retrieval or ordering.

    None where no judged document is relevant. Raises BadInputError where `ranking` holds a document that is no
    candidate (the split would be wrong), or one twice.
    """
    strangers = set(ranking).difference(candidates)
    if strangers:
        problem = f"passage {min(strangers)!r} is not among the candidates"
        raise BadInputError("ranking", None, problem, "a reordering of the same candidates")
    oracle = oracle_ndcg(candidates, grades, k)
    if oracle is None:
        return None
    measure = Measure("nDCG", k)
    actual = evaluate_query(ranking, grades, [measure])[measure]
    return LossSplit(actual, oracle, 1.0 - oracle, oracle - actual)


def mean_loss(splits: Iterable[LossSplit | None]) -> tuple[LossSplit | None, int]:
    """The mean split and the number of queries it is over; queries without a relevant document (None) are left out."""
    known = [split for split in splits if split is not None]
    n = len(known)
    if not n:
        return None, 0
    parts = ("actual", "oracle", "retrieval", "ordering")
    return LossSplit(*(fsum(getattr(split, part) for split in known) / n for part in parts)), n


def recall_ceiling(
    candidates: Sequence[str], grades: Mapping[str, int], depths: Iterable[int], level: int = 1
) -> dict[int, float] | None:
    """depth -> the share of the relevant documents (grade >= `level`) that the first `depth` candidates hold.

    A reranker that sees `depth` candidates cannot show more. None where no judged document is relevant at that level.
    """
    check_ranking(candidates)
    grades = checked_grades(grades)
    relevant = {docid for docid, grade in grades.items() if grade >= level}
    if not relevant:
        return None
    return {depth: len(relevant.intersection(candidates[:depth])) / len(relevant) for depth in depths}
