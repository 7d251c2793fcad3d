"""What is known of each candidate of a query, as numbers: the same ones when a blend is fitted and when it ranks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import fsum, log, log1p, sqrt

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.systems.composites import scaled
from rerank_core.systems.learned.spec import RANK, SCORE, TEXT_FEATURES
from rerank_core.text import cut_words
from rerank_core.types import Doc, Query, Ranking

Features = dict[str, dict[str, float]]
"""Feature -> docid -> value."""
_RANK_K = 60
_K1, _B = 0.9, 0.4
_TEXTS_KEPT = 20_000


def feature_names(systems: Sequence[str]) -> tuple[str, ...]:
    """All features that there are for these systems, in a fixed order."""
    return (*(start + system for system in systems for start in (SCORE, RANK)), *TEXT_FEATURES)


def pair_features(
    names: Sequence[str],
    query: Query,
    candidates: Ranking,
    docs: Mapping[str, Doc],
    rankings: Mapping[str, Ranking],
) -> Features:
    """The features of these `names`, for every candidate.

    `score:ID`: the system's raw score, standardised over this query's candidates (0 where it gives an order only or all
    scores are equal). `rank:ID`: 60 / (60 + rank). `bm25`: BM25 (k1 0.9, b 0.4) with the candidates as its collection,
    standardised, so that it can also be read of what a request brings. `words`, `title words`, `numbers`: the
    share of the query's different words, and numbers, that the passage or its title has (0 where the query has none).
    `rare words`: the same share of words, each counted by its rarity among the candidates. `length`: log of the number
    of words, standardised. `rankings`: by system id, over exactly these candidates. Raises NotFoundError for a
    candidate without a passage.
    """
    docids = candidates.docids
    if missing := [docid for docid in docids if docid not in docs]:
        raise NotFoundError(f"There is no passage '{missing[0]}'.")
    found: Features = {}
    texts: Features | None = None
    for name in names:
        if name.startswith(SCORE):
            found[name] = _standing(rankings[name.removeprefix(SCORE)])
        elif name.startswith(RANK):
            ranking = rankings[name.removeprefix(RANK)]
            found[name] = {docid: _by_rank(rank) for rank, docid in enumerate(ranking.docids, 1)}
        else:
            texts = texts or _of_texts(query.text, {docid: docs[docid] for docid in docids})
            found[name] = texts[name]
    return found


def _standing(ranking: Ranking) -> dict[str, float]:
    try:
        return scaled.zscore(ranking)
    except SettingsError:
        # an order without scores: its rank says all that it does
        return dict.fromkeys(ranking.docids, 0.0)


def _by_rank(rank: int) -> float:
    return _RANK_K / (_RANK_K + rank)


@lru_cache(maxsize=_TEXTS_KEPT)
def _words_of(text: str) -> Counter[str]:
    return Counter(cut_words(text))


def _of_texts(query: str, docs: Mapping[str, Doc]) -> Features:
    asked = set(_words_of(query))
    numbers = {word for word in asked if any(character.isdecimal() for character in word)}
    counts = {docid: _words_of(doc.content) for docid, doc in docs.items()}
    titles = {docid: _words_of(doc.title) for docid, doc in docs.items()}
    holding = {word: sum(word in own for own in counts.values()) for word in asked}
    rarity = {word: log1p((len(docs) - held + 0.5) / (held + 0.5)) for word, held in holding.items()}
    lengths = {docid: own.total() for docid, own in counts.items()}
    mean = fsum(lengths.values()) / max(1, len(lengths)) or 1.0

    def bm25(docid: str) -> float:
        own, norm = counts[docid], _K1 * (1 - _B + _B * lengths[docid] / mean)
        return fsum(rarity[word] * own[word] / (own[word] + norm) for word in asked if own[word])

    return {
        "bm25": standardised({docid: bm25(docid) for docid in docs}),
        "words": {docid: _share(asked, own) for docid, own in counts.items()},
        "rare words": {docid: _share(asked, own, rarity) for docid, own in counts.items()},
        "title words": {docid: _share(asked, own) for docid, own in titles.items()},
        "numbers": {docid: _share(numbers, own) for docid, own in counts.items()},
        "length": standardised({docid: log(1 + length) for docid, length in lengths.items()}),
    }


def _share(wanted: set[str], own: Mapping[str, int], weight: Mapping[str, float] | None = None) -> float:
    """How much of `wanted` is there, 0 to 1; 0 where nothing is wanted."""
    counted = {word: 1.0 if weight is None else weight[word] for word in wanted}
    total = fsum(counted.values())
    return fsum(value for word, value in counted.items() if word in own) / total if total else 0.0


def standardised(values: Mapping[str, float]) -> dict[str, float]:
    """(value - mean) / deviation (population); 0 for all where all are equal."""
    if not values or min(values.values()) == max(values.values()):
        return dict.fromkeys(values, 0.0)
    mean = fsum(values.values()) / len(values)
    deviation = sqrt(fsum((value - mean) ** 2 for value in values.values()) / len(values))
    return {docid: (value - mean) / deviation if deviation else 0.0 for docid, value in values.items()}
