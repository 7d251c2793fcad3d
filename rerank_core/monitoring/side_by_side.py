"""Two logged lists of the same requests: how alike they are, and whom the clicks prefer, raw and corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, log2

from rerank_core.evaluation.difference import rbo
from rerank_core.evaluation.preference import Preference, tally
from rerank_core.monitoring.position_bias import Shown
from rerank_core.store.traffic_requests import SERVED, LoggedDoc, LoggedList

TOP = 10
BEFORE = "before the reranker"
_LEAST_LOOKED_AT = 0.02
"""A place is taken to be looked at this often at least: one click must not weigh more than 50."""


@dataclass(frozen=True, slots=True)
class TwoLists:
    """A request with two lists, `one` being the one that the caller got. `clicked`: docids that were clicked in it."""

    request: str
    query_key: str
    one: tuple[str, ...]
    other: tuple[str, ...]
    clicked: frozenset[str]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Over `requests`: `overlap`, the share of the first ten that both have, and `rbo`, both as means from 0 to 1.

    `raw`: for whom the clicks are, query by query, by who has the passages that were clicked higher. `corrected`: the
    same with every click weighed by how rarely its place is looked at; None where that is not known. `gain`: other
    minus one, the corrected gain per request, with its 95 % interval over queries.
    """

    requests: int
    queries: int
    overlap: float
    rbo: float
    with_clicks: int
    raw: Preference
    corrected: Preference | None
    gain: tuple[float, float, float] | None


def pair_names(lists: Iterable[LoggedList]) -> list[tuple[str, str]]:
    """The pairs of lists that requests have two of: (system that the caller got, the other or `BEFORE`)."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for own in _by_request(lists):
        for served in (one for one in own if one.role == SERVED):
            for other in (one.system for one in own if one is not served):
                found[served.system, other] += 1
            if _before(served.docs):
                found[served.system, BEFORE] += 1
    return sorted(found, key=lambda pair: (-found[pair], pair))


def two_lists(
    lists: Iterable[LoggedList], clicked: Mapping[str, frozenset[str]], one: str, other: str
) -> list[TwoLists]:
    """The requests in which a caller got the list of `one`, and `other` made one as well."""
    found = []
    for own in _by_request(lists):
        served = next((part for part in own if part.role == SERVED and part.system == one), None)
        if served is None:
            continue
        if other == BEFORE:
            docids = _before(served.docs)
        else:
            docids = next((_docids(part.docs) for part in own if part.system == other and part is not served), ())
        if docids:
            clicks = clicked.get(served.request, frozenset())
            found.append(TwoLists(served.request, served.query_key, _docids(served.docs), docids, clicks))
    return found


def _by_request(lists: Iterable[LoggedList]) -> Iterator[list[LoggedList]]:
    """`lists` stand by request: `walk_lists` yields them so."""
    return (list(own) for _, own in groupby(lists, key=lambda one: one.request))


def _docids(docs: Sequence[LoggedDoc]) -> tuple[str, ...]:
    return tuple(doc.docid for doc in docs)


def _before(docs: Sequence[LoggedDoc]) -> tuple[str, ...]:
    """The list before the reranker; () where the log does not tell."""
    ranks = [(doc.before, doc.docid) for doc in docs if doc.before is not None]
    return tuple(docid for _, docid in sorted(ranks)) if len(ranks) == len(docs) else ()


def compare(pairs: Sequence[TwoLists], looked_at: Mapping[int, float] | None = None) -> SideBySide | None:
    """Compare the two lists; `looked_at`: place -> θ of a `position_bias` model. None without a request.

    A passage at rank r is worth 1 / log2(1 + r), as in DCG, within the first ten. Corrected, a click at place k of the
    list that was shown counts 1 / θ(k): Joachims, Swaminathan and Schnabel, "Unbiased Learning-to-Rank with Biased
    Feedback", 2017, doi 10.1145/3018661.3018699. A passage that the shown list does not have can get no click, so that
    the shown list is favoured where the other one has passages of its own.
    """
    if not pairs:
        return None
    raw: list[tuple[str, str]] = []
    by_query: dict[str, list[float]] = defaultdict(list)
    for pair in pairs:
        one, other = ({docid: rank for rank, docid in enumerate(order, 1)} for order in (pair.one, pair.other))
        gains = [(_worth(other.get(docid)) - _worth(one.get(docid)), one.get(docid)) for docid in pair.clicked]
        gains = [(gain, place) for gain, place in gains if place is not None]
        if gains:
            raw.append((pair.query_key, _winner(fsum(gain for gain, _ in gains))))
        if looked_at is not None:
            known = [(gain, looked_at[place]) for gain, place in gains if place is not None and place in looked_at]
            by_query[pair.query_key].append(fsum(gain / max(_LEAST_LOOKED_AT, theta) for gain, theta in known))
    clicks = {pair.query_key for pair in pairs if pair.clicked}
    corrected = [(key, _winner(fsum(own))) for key, own in by_query.items() if key in clicks]
    return SideBySide(
        requests=len(pairs),
        queries=len({pair.query_key for pair in pairs}),
        overlap=fsum(_overlap(pair.one, pair.other) for pair in pairs) / len(pairs),
        rbo=fsum(rbo(pair.one, pair.other) for pair in pairs) / len(pairs),
        with_clicks=sum(bool(pair.clicked) for pair in pairs),
        raw=tally(raw),
        corrected=tally(corrected) if looked_at is not None else None,
        gain=_interval(list(by_query.values())) if by_query else None,
    )


def _worth(rank: int | None) -> float:
    return 1 / log2(1 + rank) if rank is not None and rank <= TOP else 0.0


def _winner(gain: float) -> str:
    return "other" if gain > 1e-12 else "one" if gain < -1e-12 else "same"


def _overlap(one: Sequence[str], other: Sequence[str]) -> float:
    first, second = set(one[:TOP]), set(other[:TOP])
    return len(first & second) / max(1, min(TOP, max(len(first), len(second))))


def _interval(by_query: Sequence[Sequence[float]], draws: int = 2_000, seed: int = 0) -> tuple[float, float, float]:
    """(mean per request, low, high): a percentile bootstrap in which queries are drawn with all of their requests."""
    import numpy as np

    sums, sizes = np.array([fsum(own) for own in by_query]), np.array([len(own) for own in by_query])
    random = np.random.default_rng(seed)
    drawn = random.integers(len(sums), size=(draws, len(sums)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), (0.025, 0.975))
    return float(sums.sum() / sizes.sum()), float(low), float(high)


@dataclass(frozen=True, slots=True)
class ClickedRise:
    """How far the passages that were clicked had risen: mean places over `clicks`, with a 95 % interval over queries.

    Whoever stands higher is clicked more, so that this flatters the list that was shown.
    """

    clicks: int
    queries: int
    mean: float
    low: float
    high: float
    rose: int
    fell: int


def clicked_rise(lists: Iterable[LoggedList], clicked: Mapping[str, frozenset[str]]) -> dict[str, ClickedRise]:
    """System -> how far the clicked passages of its lists had risen; of systems whose logs tell the ranks before."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for own in lists:
        if own.role != SERVED:
            continue
        clicks = clicked.get(own.request, frozenset())
        for rank, doc in enumerate(own.docs, 1):
            if doc.docid in clicks and doc.before is not None:
                found[own.system][own.query_key].append(float(doc.before - rank))
    return {system: _rise(list(queries.values())) for system, queries in found.items()}


def _rise(by_query: Sequence[Sequence[float]]) -> ClickedRise:
    rises = [rise for own in by_query for rise in own]
    mean, low, high = _interval(by_query)
    return ClickedRise(
        len(rises), len(by_query), mean, low, high, sum(one > 0 for one in rises), sum(one < 0 for one in rises)
    )


def shown_places(lists: Iterable[LoggedList], clicked: Mapping[str, frozenset[str]]) -> Iterator[Shown]:
    """Each place of each list that a caller got, for `position_bias.fit`."""
    for own in lists:
        if own.role == SERVED:
            clicks = clicked.get(own.request, frozenset())
            for place, doc in enumerate(own.docs, 1):
                yield own.query_key, doc.docid, place, doc.docid in clicks
