"""BM25 weights for an index in two parts, as if all the rows that are alive had been indexed at once.

The weights that bm25s has written hold the statistics of their own part. The term frequencies are read back out of
them, and weighed with the statistics of what is alive. Rows that are gone weigh nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.retrieval.disk_room import new_array
from rerank_core.retrieval.postings import Postings, idf, norms
from rerank_core.types import Progress, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

_AT_ONCE = 2**21
_LEAST = 2.0**-24


def reweigh(
    parts: Sequence[Postings],
    alive: NDArray[np.bool_],
    k1: float,
    b: float,
    files: Sequence[Path],
    progress: Progress = no_progress,
) -> None:
    """Write new weights for the postings of each part into its file of `files`, as np.load reads them.

    The parts hold the weights of `postings.write` with these `k1` and `b`. `alive` has shape (rows of all parts,).
    Holds some million postings in memory. `progress` is called between steps.
    """
    by_part = np.split(alive, np.cumsum([len(part.lengths) for part in parts])[:-1])
    holding = _holding(parts, by_part)
    passages = int(alive.sum())
    lengths = np.concatenate([part.lengths for part in parts])
    # where nothing is alive no weight is left, and any mean will do
    mean = (lengths[alive].mean() if passages else np.float64(0)) or np.float64(1)
    for part, living, now, file in zip(parts, by_part, holding, files, strict=True):
        before = _idfs(np.diff(part.starts), len(part.lengths))
        after = _idfs(now, passages)
        own_mean = part.lengths.mean() if len(part.lengths) else np.float64(0)
        out = new_array(file, np.float32, part.weights.shape)
        for terms, postings in _windows(part):
            progress(0, 0, "Weighing words")
            rows, count = part.rows[postings], np.diff(part.starts[terms.start : terms.stop + 1])
            share = part.weights[postings] / np.repeat(before[terms], count).astype(np.float64)
            norm = norms(part.lengths[rows], own_mean, k1, b)
            # a weight is idf * tf / (tf + norm): right while tf^2 / norm stays under some millions, and beyond that
            # the weight does not tell two frequencies apart
            frequencies = np.maximum(1.0, np.rint(norm * share / np.maximum(1.0 - share, _LEAST)))
            norm = norms(part.lengths[rows], mean, k1, b)
            weights = np.repeat(after[terms], count) * (frequencies / (norm + frequencies))
            out[postings] = np.where(living[rows], weights, 0)
        out.flush()


def _holding(parts: Sequence[Postings], alive: Sequence[NDArray[np.bool_]]) -> list[NDArray[np.int64]]:
    """How many living rows of all parts hold each term; an array of shape (terms,) for each part."""
    own = [_holding_in(part, living) for part, living in zip(parts, alive, strict=True)]
    total = [counts.copy() for counts in own]
    for place, part in enumerate(parts):
        for other, its in enumerate(parts):
            if other == place:
                continue
            # the smaller vocabulary is walked
            few, many = sorted((part.vocabulary, its.vocabulary), key=len)
            shared = [term for term in few if term in many]
            mine = [part.vocabulary[term] for term in shared]
            total[place][mine] += own[other][[its.vocabulary[term] for term in shared]]
    return total


def _holding_in(part: Postings, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
    counts = np.zeros(len(part.starts) - 1, dtype=np.int64)
    for terms, postings in _windows(part):
        before = np.concatenate([[0], np.cumsum(alive[part.rows[postings]])])
        counts[terms] = np.diff(before[part.starts[terms.start : terms.stop + 1] - postings.start])
    return counts


def _idfs(holding: NDArray[np.int64], passages: int) -> NDArray[np.float32]:
    """The idf of each term; terms that as many rows hold share one."""
    counts, places = np.unique(holding, return_inverse=True)
    return np.array([idf(count, passages) for count in counts.tolist()], dtype=np.float32)[places]


def _windows(part: Postings) -> Iterator[tuple[slice, slice]]:
    """Runs of terms with the run of their postings, of about `_AT_ONCE`; a term is never cut."""
    starts, first = part.starts, 0
    while first < len(starts) - 1:
        end = int(np.searchsorted(starts, starts[first] + _AT_ONCE, side="right")) - 1
        end = max(end, first + 1)
        yield slice(first, end), slice(int(starts[first]), int(starts[end]))
        first = end
