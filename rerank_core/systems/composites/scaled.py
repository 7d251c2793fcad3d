"""A member's answer brought to a scale that others can be added to. All are docid -> number, higher is better."""

from __future__ import annotations

from math import fsum, sqrt

from rerank_core.errors import SettingsError
from rerank_core.types import Ranking


def reciprocal_ranks(ranking: Ranking, k: int) -> dict[str, float]:
    """1 / (k + rank), rank from 1: Cormack, Clarke, Büttcher, SIGIR 2009, doi 10.1145/1571941.1572114."""
    return {docid: 1 / (k + rank) for rank, docid in enumerate(ranking.docids, 1)}


def linear_ranks(ranking: Ranking) -> dict[str, float]:
    """(n - rank + 1) / n: 1 for the first of n, 1/n for the last."""
    n = len(ranking.docs)
    return {docid: (n - place) / n for place, docid in enumerate(ranking.docids)}


def minmax(ranking: Ranking) -> dict[str, float]:
    """(score - min) / (max - min), from 0 to 1; 1 for all where all scores are equal. Raises as `raw_scores`."""
    scores = raw_scores(ranking)
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    return {docid: (score - low) / (high - low) if high > low else 1.0 for docid, score in scores.items()}


def zscore(ranking: Ranking) -> dict[str, float]:
    """(score - mean) / deviation (population); 0 for all where all scores are equal. Raises as `raw_scores`."""
    scores = raw_scores(ranking)
    if not scores or min(scores.values()) == max(scores.values()):
        return dict.fromkeys(scores, 0.0)
    mean = fsum(scores.values()) / len(scores)
    deviation = sqrt(fsum((score - mean) ** 2 for score in scores.values()) / len(scores))
    return {docid: (score - mean) / deviation if deviation else 0.0 for docid, score in scores.items()}


def raw_scores(ranking: Ranking) -> dict[str, float]:
    """docid -> raw score; a passage without text, which a service was not given, has the lowest of the others.

    Raises SettingsError where no passage has a score, and where some lost theirs on the way (a cascade's, which tells
    parts of them): the system gives an order.
    """
    scores = {doc.docid: doc.score for doc in ranking.docs if doc.score is not None}
    if ranking.docs and (not scores or any(doc.score is None and doc.parts for doc in ranking.docs)):
        raise SettingsError(f"{ranking.system} gives an order without scores for all passages: use it by rank.")
    return {doc.docid: min(scores.values()) if doc.score is None else doc.score for doc in ranking.docs}
