"""The postings of one part of a BM25 index, as bm25s keeps them: weights that already hold the part's statistics.

Where an index has more parts than one, or passages were removed, the weights are those of another collection. The term
frequencies are then read back out of them, and weighed with the statistics of what is alive.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from array import array

    from numpy.typing import NDArray

    from rerank_core.retrieval.settings import RetrievalSettings

_SETTINGS, _LENGTHS = "analysis.json", "lengths.npy"
_LEAST = 2.0**-24


class Postings:
    """One part of an index. `lengths`: terms in each row, shape (rows,)."""

    def __init__(self, scorer: Any, lengths: NDArray[np.int32], k1: float, b: float) -> None:
        """Use `load`. `scorer` is a bm25s.BM25, None where no passage has a term."""
        self._scorer, self.lengths = scorer, lengths
        self._k1, self._b = k1, b
        self._mean = lengths.mean() if len(lengths) else np.float64(0)

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """Read what `write` wrote; the postings stay on the disk until they are touched."""
        import bm25s

        about = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        scorer = None if about["empty"] else bm25s.BM25.load(folder, mmap=True, show_progress=False)
        return cls(scorer, np.load(folder / _LENGTHS), about["k1"], about["b"])

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32] | None:
        """Every row's score under this part's own statistics, shape (rows,); None where no term is known."""
        numbers = self._scorer.get_tokens_ids(terms) if self._scorer is not None else []
        return np.asarray(self._scorer.get_scores_from_ids(numbers)) if numbers else None

    def frequencies(self, term: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The rows that hold a term, and how often each does; both of shape (rows with the term,).

        A weight is idf * tf / (tf + norm), so tf = norm * share / (1 - share) with share = weight / idf, rounded: right
        while tf^2 / norm stays under some millions, and beyond that the weight does not tell two frequencies apart.
        """
        number = self._scorer.vocab_dict.get(term) if self._scorer is not None else None
        if number is None:
            return np.zeros(0, dtype=np.intp), np.zeros(0)
        first, end = self._scorer.scores["indptr"][number : number + 2]
        rows = np.asarray(self._scorer.scores["indices"][first:end]).astype(np.intp)
        weights = np.asarray(self._scorer.scores["data"][first:end], dtype=np.float64)
        share = weights / np.float64(idf(len(rows), len(self.lengths)))
        norm = norms(self.lengths[rows], self._mean, self._k1, self._b)
        return rows, np.maximum(1.0, np.rint(norm * share / np.maximum(1.0 - share, _LEAST)))


def write(folder: Path, terms: list[array[int]], vocabulary: dict[str, int], settings: RetrievalSettings) -> None:
    """Write the postings of passages, given each one's term numbers; `vocabulary`: term -> number."""
    import bm25s

    lengths = np.fromiter(map(len, terms), dtype=np.int32, count=len(terms))
    about = {"k1": settings.k1, "b": settings.b, "empty": not vocabulary}
    analysis = {"stemming": settings.stemming, "stop_words": settings.stop_words}
    (folder / _SETTINGS).write_text(json.dumps(about | analysis), encoding="utf-8")
    np.save(folder / _LENGTHS, lengths)
    if vocabulary:
        scorer = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
        scorer.index((terms, vocabulary), create_empty_token=False, show_progress=False)
        scorer.save(folder, show_progress=False)


def analysis(folder: Path) -> tuple[bool, bool, float, float]:
    """Stemming, stop words, k1 and b of an index."""
    about = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    return about["stemming"], about["stop_words"], about["k1"], about["b"]


def idf(holding: int, passages: int) -> np.float32:
    """Lucene's idf, in bm25s's precision."""
    return np.float32(log(1 + (passages - holding + 0.5) / (holding + 0.5)))


def norms(lengths: NDArray[np.int32], mean: np.floating[Any], k1: float, b: float) -> NDArray[np.float64]:
    """What is added to a term's frequency under the line, shape (rows,); the same steps as bm25s takes."""
    return np.asarray(k1 * ((1 - b) + b * lengths / mean), dtype=np.float64)


class Weigher:
    """BM25 over several parts as if they were one index of the rows that are alive: the scores of a rebuild."""

    def __init__(self, parts: Sequence[Postings], alive: NDArray[np.bool_], k1: float, b: float) -> None:
        """`alive` has shape (rows of all parts,)."""
        self._parts, self._alive, self._k1, self._b = parts, alive, k1, b
        self._lengths = np.concatenate([part.lengths for part in parts])
        self._passages = int(alive.sum())
        self._mean = self._lengths[alive].mean() if self._passages else np.float64(0)

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Every row's score, shape (rows of all parts,); 0 where it is gone or holds no term."""
        scores = np.zeros(len(self._alive), dtype=np.float32)
        for term in terms:
            rows, frequencies = self._frequencies(term)
            norm = norms(self._lengths[rows], self._mean, self._k1, self._b)
            weights = idf(len(rows), self._passages) * (frequencies / (norm + frequencies))
            scores[rows] += weights.astype(np.float32)
        return scores

    def _frequencies(self, term: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        rows, frequencies, first = [], [], 0
        for part in self._parts:
            its_rows, its_frequencies = part.frequencies(term)
            living = self._alive[its_rows + first]
            rows.append((its_rows + first)[living])
            frequencies.append(its_frequencies[living])
            first += len(part.lengths)
        return np.concatenate(rows), np.concatenate(frequencies)
