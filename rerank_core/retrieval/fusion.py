"""Several retrievers' rankings into one: reciprocal ranks, weighted scores, or turns.

What a passage gets from a list that does not hold it: nothing in rrf and dbsf; the list's own minimum in minmax and
zscore.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import fsum, sqrt

from rerank_core.errors import SettingsError
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Ranking, ScoredDoc


def fuse(rankings: Mapping[str, Ranking], settings: RetrievalSettings) -> tuple[ScoredDoc, ...]:
    """All passages that any retriever found, best first, each with the ranks it was given in `found_by`.

    `rankings` maps a retriever's name to its ranking, in the order of `settings.retrievers`. Ties: docid ascending.
    The scores are the fusion's own, and None in a union, which is an order only. A single ranking is not fused: it
    keeps its raw scores. Raises SettingsError where a weighted fusion meets a ranking without scores.
    """
    lists = [rankings[name].docs for name in settings.retrievers]
    if len(lists) == 1:
        order: list[tuple[str, float | None]] = [(doc.docid, doc.score) for doc in lists[0]]
    elif settings.fusion == "union":
        order = [(docid, None) for docid in union(lists)]
    else:
        order = _by_score(_scores(lists, settings))
    found_by: dict[str, dict[str, int]] = {}
    for name in settings.retrievers:
        for doc in rankings[name].docs:
            found_by.setdefault(doc.docid, {})[name] = doc.rank
    return tuple(ScoredDoc(docid, score, rank, found_by[docid]) for rank, (docid, score) in enumerate(order, start=1))


def one_list(name: str, lists: Sequence[Ranking], settings: RetrievalSettings) -> Ranking:
    """One retriever's lists for several searches of one query, fused by reciprocal ranks to `depth` passages.

    A single list stays as it is, with its raw scores. Ties: docid ascending.
    """
    if len(lists) == 1:
        return lists[0]
    order = _by_score(rrf([ranking.docs for ranking in lists], settings.rrf_k))[: settings.depth]
    docs = tuple(ScoredDoc(docid, score, rank, {name: rank}) for rank, (docid, score) in enumerate(order, start=1))
    times = [ranking.seconds for ranking in lists if ranking.seconds is not None]
    return Ranking(lists[0].qid, name, docs, fsum(times) if len(times) == len(lists) else None)


def rrf(lists: Sequence[Sequence[ScoredDoc]], k: int = 60) -> dict[str, float]:
    """docid -> sum over the lists of 1 / (k + rank), rank from 1.

    Cormack, Clarke, Büttcher, SIGIR 2009, doi 10.1145/1571941.1572114.
    """
    return _sum([{doc.docid: 1 / (k + doc.rank) for doc in docs} for docs in lists])


def minmax(lists: Sequence[Sequence[ScoredDoc]], shares: Sequence[float]) -> dict[str, float]:
    """docid -> sum over the lists of share * (score - min) / (max - min), from 0 to 1 where the shares sum to 1.

    In a list whose scores are all equal every passage counts 1: it was found, and the list says no more.
    """
    return _sum([_weigh(_minmax(_scores_of(docs)), share) for docs, share in zip(lists, shares, strict=True)])


def zscore(lists: Sequence[Sequence[ScoredDoc]], shares: Sequence[float]) -> dict[str, float]:
    """docid -> sum over the lists of share * (score - mean) / deviation, both over that list (population deviation).

    In a list whose scores are all equal every passage counts 0. A passage that a list does not hold gets that list's
    lowest value, so that not to be found is never better than to be found last.
    """
    parts = [_weigh(_zscore(_scores_of(docs)), share) for docs, share in zip(lists, shares, strict=True)]
    everything = {docid for part in parts for docid in part}
    lowest = [min(part.values(), default=0.0) for part in parts]
    return {docid: fsum(part.get(docid, low) for part, low in zip(parts, lowest, strict=True)) for docid in everything}


def dbsf(lists: Sequence[Sequence[ScoredDoc]], shares: Sequence[float]) -> dict[str, float]:
    """docid -> sum over the lists of share * (score - bottom) / (top - bottom), with mean ± 3 deviations for the ends.

    Distribution-based score fusion, as the vector database Qdrant does it: sample deviation (n - 1), 0.5 for every
    passage of a list whose scores are all equal, nothing for a passage that a list does not hold.
    """
    return _sum([_weigh(_dbsf(_scores_of(docs)), share) for docs, share in zip(lists, shares, strict=True)])


def union(lists: Sequence[Sequence[ScoredDoc]]) -> list[str]:
    """Docids in turns: every list's first, then every list's second, and so on; each docid where it first comes up.

    In turns, so that a cut at some depth keeps an equal part of every list.
    """
    turns = sorted((doc.rank, place, doc.docid) for place, docs in enumerate(lists) for doc in docs)
    return list(dict.fromkeys(docid for _, _, docid in turns))


_Weighted = Callable[[Sequence[Sequence[ScoredDoc]], Sequence[float]], dict[str, float]]
_WEIGHTED: dict[str, _Weighted] = {"minmax": minmax, "zscore": zscore, "dbsf": dbsf}


def _scores(lists: Sequence[Sequence[ScoredDoc]], settings: RetrievalSettings) -> dict[str, float]:
    if settings.fusion == "rrf":
        return rrf(lists, settings.rrf_k)
    return _WEIGHTED[settings.fusion](lists, settings.shares())


def _by_score(scores: Mapping[str, float]) -> list[tuple[str, float | None]]:
    return [(docid, scores[docid]) for docid in sorted(scores, key=lambda docid: (-scores[docid], docid))]


def _sum(parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    # fsum: the same terms in another order give the same sum to the last bit, so that ties stay ties
    everything = {docid for part in parts for docid in part}
    return {docid: fsum(part.get(docid, 0.0) for part in parts) for docid in everything}


def _weigh(values: Mapping[str, float], share: float) -> dict[str, float]:
    return {docid: share * value for docid, value in values.items()}


def _scores_of(docs: Sequence[ScoredDoc]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for doc in docs:
        if doc.score is None:
            raise SettingsError("A retriever gave an order without scores: fuse it by rrf or union.")
        scores[doc.docid] = doc.score
    return scores


def _minmax(scores: Mapping[str, float]) -> dict[str, float]:
    low, high = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    return {docid: (score - low) / (high - low) if high > low else 1.0 for docid, score in scores.items()}


def _zscore(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores or min(scores.values()) == max(scores.values()):
        return dict.fromkeys(scores, 0.0)
    mean = fsum(scores.values()) / len(scores)
    deviation = sqrt(fsum((score - mean) ** 2 for score in scores.values()) / len(scores))
    return {docid: (score - mean) / deviation for docid, score in scores.items()}


def _dbsf(scores: Mapping[str, float]) -> dict[str, float]:
    if len(scores) < 2 or min(scores.values()) == max(scores.values()):
        return dict.fromkeys(scores, 0.5)
    mean = fsum(scores.values()) / len(scores)
    deviation = sqrt(fsum((score - mean) ** 2 for score in scores.values()) / (len(scores) - 1))
    bottom = mean - 3 * deviation
    return {docid: (score - bottom) / (6 * deviation) for docid, score in scores.items()}
