"""Near-duplicates made to count less: maximal marginal relevance over the passages' wording.

Carbonell and Goldstein, SIGIR 1998, doi 10.1145/290941.291025; resemblance of shingles: Broder, SEQUENCES 1997,
doi 10.1109/SEQUEN.1997.666900.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rerank_core.text import cut_words

Shingles = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pick:
    """A passage in its turn. `penalty`, 0 or less: what its likeness to those picked before took off."""

    docid: str
    score: float
    penalty: float


def mmr(relevance: Mapping[str, float], texts: Mapping[str, str], mmr_lambda: float, shingle: int) -> list[Pick]:
    """All docids of `relevance`, in the order of MMR; equal scores keep its order.

    Each turn picks the highest lambda * relevance - (1 - lambda) * (highest likeness to one picked before). Scores are
    that divided by lambda, so that relevance keeps its own unit: score = relevance + penalty. They never rise from one
    pick to the next. Likeness is Jaccard's: shared runs of `shingle` words / all runs of both, from 0 to 1; two texts
    without words are alike (1).
    """
    price = (1 - mmr_lambda) / mmr_lambda
    near = _Likeness({docid: shingles(texts[docid], shingle) for docid in relevance})
    left = dict.fromkeys(relevance, 0.0)
    picks = []
    while left:
        # max takes the first of equals
        best = max(left, key=lambda docid: relevance[docid] - price * left[docid])
        penalty = -price * left.pop(best)
        picks.append(Pick(best, relevance[best] + penalty, penalty + 0.0))
        for docid, like in near.of(best).items():
            if docid in left:
                left[docid] = max(left[docid], like)
    return picks


def shingles(text: str, size: int) -> Shingles:
    """All runs of `size` words, as BM25 compares them but without stems; a shorter text is one run; no words, no runs.

    Where a script has no spaces, pairs of characters are words.
    """
    words = cut_words(text)
    if not words:
        return frozenset()
    return frozenset(tuple(words[start : start + size]) for start in range(max(1, len(words) - size + 1)))


class _Likeness:
    """Likeness of one text to all that share a run with it, without comparing all pairs of long texts."""

    def __init__(self, runs: Mapping[str, Shingles]) -> None:
        self._runs = runs
        self._holders: dict[tuple[str, ...], list[str]] = {}
        for docid, text_runs in runs.items():
            for run in text_runs:
                self._holders.setdefault(run, []).append(docid)
        self._empty = [docid for docid, text_runs in runs.items() if not text_runs]

    def of(self, docid: str) -> dict[str, float]:
        """Other docid -> likeness above 0; itself among them."""
        runs = self._runs[docid]
        if not runs:
            return dict.fromkeys(self._empty, 1.0)
        shared = Counter(holder for run in runs for holder in self._holders[run])
        return {other: count / (len(runs) + len(self._runs[other]) - count) for other, count in shared.items()}
