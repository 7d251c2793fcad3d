"""In which order a TREC run is read: trec_eval's, and whether the run's own rank column agrees with its scores."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, isnan

from rerank_core.errors import BadInputError


def trec_eval_order(scores: Mapping[str, float]) -> list[str]:
    """docids as trec_eval orders a run with these scores: score descending, ties by docid *descending*.

    Scores are first cut to 32 bits, as trec_eval up to version 9 and pytrec_eval keep them (`float sim`; version 10 of
    June 2026 has `double`), which makes more ties: 12.34567891 and 12.34567892 are one number, so are 2**24 and
    2**24 + 1, and all beyond 3.4e38 are infinite. This is not our order: it is there to check figures that others
    published (on trec-dl-2019 it moves nDCG@10 by up to 0.006). Raises BadInputError for a score that is not a number.
    """
    for docid, score in scores.items():
        if isnan(score):
            raise BadInputError("scores", None, f"the score of passage {docid!r} is {score}", "a number")
    kept = dict(zip(scores, array("f", scores.values()), strict=True))
    return sorted(sorted(scores, reverse=True), key=lambda docid: -kept[docid])


@dataclass(frozen=True, slots=True)
class RankColumn:
    """How a run's rank column fits its scores, which are what counts.

    `against`: the queries in which a passage of a better rank has a lower score than one of a worse rank, in order.
    `rising`: how many of these have scores that never fall down the ranks, as distances do. `queries`: of the run.
    """

    queries: int = 0
    against: tuple[str, ...] = ()
    rising: int = 0

    def sentence(self) -> str:
        """What a person should know; "" where ranks and scores agree."""
        if not self.against:
            return ""
        count = len(self.against)
        said = (
            f"Its ranks and scores disagree on {count:,} of {self.queries:,} queries (the first: {self.against[0]}). "
            "It is read by score, highest first, as trec_eval does."
        )
        if not self.rising:
            return said
        where = "all" if self.rising == count else f"{self.rising:,}"
        return (
            f"{said} On {where} of these the scores rise from the first rank to the last, as distances do (lower is "
            "better): if so, turn their sign."
        )


AGREES = RankColumn()
"""Ranks and scores that agree, or ranks that were not looked at."""


def compare_rank_column(rows: Mapping[str, Iterable[tuple[str, float]]]) -> RankColumn:
    """How ranks fit scores; `rows`: qid -> (the rank as the file has it, score) for each passage.

    Equal ranks and equal scores contradict nothing. A query with a rank that is no number is not looked at.
    """
    against, rising = [], 0
    for qid, pairs in rows.items():
        found = _falls_and_rises(pairs)
        if found is not None and found[1]:
            against.append(qid)
            rising += not found[0]
    return RankColumn(len(rows), tuple(against), rising)


def _falls_and_rises(pairs: Iterable[tuple[str, float]]) -> tuple[bool, bool] | None:
    """Whether the score falls, and whether it rises, anywhere from one rank to a worse one; None: no ranks."""
    by_rank: dict[float, list[float]] = {}
    for cell, score in pairs:
        rank = _number(cell)
        if rank is None:
            return None
        by_rank.setdefault(rank, []).append(score)
    steps = list(pairwise(by_rank[rank] for rank in sorted(by_rank)))
    falls = any(max(better) > min(worse) for better, worse in steps)
    return falls, any(min(better) < max(worse) for better, worse in steps)


def _number(cell: str) -> float | None:
    try:
        rank = float(cell)
    except ValueError:
        return None
    return rank if isfinite(rank) else None
