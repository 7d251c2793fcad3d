"""Building the faiss index beside the vectors, and measuring what it finds before it is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rerank_core.retrieval.vector_search import ANN_FROM, INDEX, RECALL, SCAN_FROM, SearchFacts, faiss_is_here, search
from rerank_core.types import Progress, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

_BLOCK = 65_536
_DEPTH = 100
SAMPLE = 200
"""How many queries the recall is measured on."""
_SEED = 1
_TRAIN_A_GROUP = 40
_ROUNDS = 6
_MARGIN = 0.01
"""The recall is measured on a sample: more is asked of it than must hold."""


def write_search(
    folder: Path,
    vectors: Matrix,
    filled: NDArray[np.bool_],
    queries: Callable[[], Matrix] | None = None,
    progress: Progress = no_progress,
    scan_from: int = SCAN_FROM,
    ann_from: int = ANN_FROM,
) -> SearchFacts:
    """Write the index that fits this many vectors into `folder`, or none where numpy is as good or faiss is not here.

    `vectors` has shape (rows, dimensions), unit length where `filled`. `queries` gives vectors of real queries, shape
    (queries, dimensions), to measure the recall on; without enough of them, passages stand in, each half mixed with
    another one. Holds the vectors in half precision in memory.
    """
    if len(vectors) < scan_from or not filled.any() or not faiss_is_here():
        return SearchFacts()
    refused = None
    if len(vectors) >= ann_from:
        index, groups = _grouped(vectors, filled, progress)
        sample, measured_on = _sample(vectors, filled, queries)
        probes, recall = _enough_probes(index, groups, sample, _exact(vectors, filled, sample, progress))
        if recall >= RECALL:
            facts = SearchFacts("approximate", "faiss", groups, probes, recall, len(sample), measured_on)
            return _write(folder, index, facts)
        refused = recall
    return _write(folder, _flat(vectors, progress), SearchFacts(library="faiss", refused=refused))


def _write(folder: Path, index: Any, facts: SearchFacts) -> SearchFacts:
    import faiss

    faiss.write_index(index, str(folder / INDEX))
    facts.save(folder)
    return facts


def _flat(vectors: Matrix, progress: Progress) -> Any:
    import faiss

    half, inner = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    index = faiss.IndexScalarQuantizer(vectors.shape[1], half, inner)
    index.train(np.ascontiguousarray(vectors[:1]))
    for block in _blocks(vectors, progress, "Writing vectors"):
        index.add(block)
    return index


def _grouped(vectors: Matrix, filled: NDArray[np.bool_], progress: Progress) -> tuple[Any, int]:
    """An inverted file over spherical k-means of a sample (Jégou et al., TPAMI 2011, doi 10.1109/TPAMI.2010.57)."""
    import faiss

    rows, dimensions = vectors.shape
    groups = max(1, min(int(2 * sqrt(rows)), int(filled.sum()) // _TRAIN_A_GROUP))
    half, inner = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    coarse = faiss.IndexFlatIP(dimensions)
    index = faiss.IndexIVFScalarQuantizer(coarse, dimensions, groups, half, inner, False)
    index.cp.niter, index.cp.spherical, index.cp.seed = _ROUNDS, True, _SEED
    index.cp.max_points_per_centroid = _TRAIN_A_GROUP
    picked = _picked(filled, groups * _TRAIN_A_GROUP)
    progress(rows, rows, "Grouping vectors")
    index.train(np.ascontiguousarray(vectors[np.sort(picked)]))
    for block in _blocks(vectors, progress, "Writing vectors"):
        index.add(block)
    return index, groups


def _blocks(vectors: Matrix, progress: Progress, message: str) -> Iterator[Matrix]:
    for start in range(0, len(vectors), _BLOCK):
        progress(len(vectors), len(vectors), message)
        yield np.ascontiguousarray(vectors[start : start + _BLOCK])


def _picked(filled: NDArray[np.bool_], count: int) -> NDArray[np.intp]:
    rows = np.flatnonzero(filled)
    return np.asarray(np.random.default_rng(_SEED).permutation(rows)[:count])


def _sample(vectors: Matrix, filled: NDArray[np.bool_], queries: Callable[[], Matrix] | None) -> tuple[Matrix, str]:
    given = queries() if queries is not None else vectors[:0]
    if len(given) >= SAMPLE // 4:
        return given[:SAMPLE], "of the dataset's queries"
    picked = _picked(filled, 2 * SAMPLE)
    mixed = vectors[picked] + 0.5 * np.roll(vectors[picked], 1, axis=0)
    norms = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.where(norms > 0, norms, 1), dtype=np.float32)[:SAMPLE], "mixtures of two passages"


def _exact(vectors: Matrix, filled: NDArray[np.bool_], sample: Matrix, progress: Progress) -> list[frozenset[int]]:
    """The exact best rows of every query of the sample, by single precision."""
    scores, rows = np.empty((len(sample), 0), dtype=np.float32), np.empty((len(sample), 0), dtype=np.int64)
    for place, block in enumerate(_blocks(vectors, progress, "Measuring the search")):
        first = place * _BLOCK
        fresh = np.where(filled[first : first + len(block)], sample @ block.T, -np.inf)
        kept = np.argpartition(fresh, -min(_DEPTH, len(block)), axis=1)[:, -_DEPTH:]
        scores = np.hstack([scores, np.take_along_axis(fresh, kept, axis=1)])
        rows = np.hstack([rows, kept + first])
        best = np.argsort(-scores, axis=1)[:, :_DEPTH]
        scores, rows = np.take_along_axis(scores, best, axis=1), np.take_along_axis(rows, best, axis=1)
    return [frozenset(row.tolist()) for row in rows]


def _enough_probes(index: Any, groups: int, sample: Matrix, exact: list[frozenset[int]]) -> tuple[int, float]:
    """The fewest groups to read, doubled from 8 on, with a good recall; what a quarter of the groups gives otherwise.

    More than a quarter is no faster than reading all vectors in a row.
    """
    probes, recall = 0, 0.0
    most = max(1, groups // 4)
    while probes < most and recall < RECALL + _MARGIN:
        probes = min(most, max(8, probes * 2))
        _, rows = search(index, sample, _DEPTH, probes)
        shares = [len(truth.intersection(row)) / len(truth) for truth, row in zip(exact, rows.tolist(), strict=True)]
        recall = float(np.mean(shares))
    return probes, recall
