"""The postings of one part of a BM25 index, as bm25s keeps them: the weights hold the collection's statistics."""

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


class Postings:
    """One part of an index. `lengths`: terms in each row, shape (rows,).

    The postings of term t are those from `starts[t]` to `starts[t + 1]` in `rows` and `weights`; `starts` has shape
    (terms + 1,), the other two (postings,). `vocabulary`: term -> its number.
    """

    def __init__(self, scorer: Any, lengths: NDArray[np.int32]) -> None:
        """Use `load`. `scorer` is a bm25s.BM25, None where no passage has a term."""
        self._scorer, self.lengths = scorer, lengths
        self.vocabulary: dict[str, int] = scorer.vocab_dict if scorer is not None else {}

    @classmethod
    def load(cls, folder: Path, weights: Path | None = None) -> Postings:
        """Read what `write` wrote; the postings stay on the disk until they are touched.

        `weights`: a file of other weights for the same postings.
        """
        import bm25s

        about = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        scorer = None if about["empty"] else bm25s.BM25.load(folder, mmap=True, show_progress=False)
        if scorer is not None and weights is not None:
            scorer.scores["data"] = np.load(weights, mmap_mode="r")
        return cls(scorer, np.load(folder / _LENGTHS))

    @property
    def starts(self) -> NDArray[np.int64]:
        """See the class; [0] where there is no term."""
        return np.zeros(1, dtype=np.int64) if self._scorer is None else self._scorer.scores["indptr"]

    @property
    def rows(self) -> NDArray[np.int32]:
        """See the class."""
        return np.zeros(0, dtype=np.int32) if self._scorer is None else self._scorer.scores["indices"]

    @property
    def weights(self) -> NDArray[np.float32]:
        """See the class."""
        return np.zeros(0, dtype=np.float32) if self._scorer is None else self._scorer.scores["data"]

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32] | None:
        """Every row's score, shape (rows,); None where no term is known."""
        numbers = self._scorer.get_tokens_ids(terms) if self._scorer is not None else []
        return np.asarray(self._scorer.get_scores_from_ids(numbers)) if numbers else None


def write(
    folder: Path, terms: list[array[int]], vocabulary: dict[str, int], settings: RetrievalSettings, language: str
) -> None:
    """Write the postings of passages, given each one's term numbers; `vocabulary`: term -> number.

    `language`: the one that the terms were made in.
    """
    import bm25s

    lengths = np.fromiter(map(len, terms), dtype=np.int32, count=len(terms))
    about = {
        "empty": not vocabulary,
        "stemming": settings.stemming,
        "stop_words": settings.stop_words,
        "language": language,
        "cutting": settings.cutting,
    }
    (folder / _SETTINGS).write_text(json.dumps(about), encoding="utf-8")
    np.save(folder / _LENGTHS, lengths)
    if vocabulary:
        scorer = bm25s.BM25(k1=settings.k1, b=settings.b, method="lucene")
        scorer.index((terms, vocabulary), create_empty_token=False, show_progress=False)
        scorer.save(folder, show_progress=False)


def analysis(folder: Path) -> tuple[bool, bool, str, str]:
    """Stemming, stop words, language and cutting of an index, as `Analyzer` takes them."""
    about = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    return about["stemming"], about["stop_words"], about["language"], about["cutting"]


def idf(holding: int, passages: int) -> np.float32:
    """Lucene's idf, in bm25s's precision."""
    return np.float32(log(1 + (passages - holding + 0.5) / (holding + 0.5)))


def norms(lengths: NDArray[np.int32], mean: np.floating[Any], k1: float, b: float) -> NDArray[np.float64]:
    """What is added to a term's frequency under the line, shape (rows,); the same steps as bm25s takes."""
    return np.asarray(k1 * ((1 - b) + b * lengths / mean), dtype=np.float64)
