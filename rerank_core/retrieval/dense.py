"""Dense retrieval: exact search over unit vectors that are embedded once for each text and model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rerank_core.errors import RerankLensError
from rerank_core.retrieval.index_folder import writing
from rerank_core.retrieval.rows import DocRows, at_least_kth
from rerank_core.types import Corpus, Doc, Progress, Ranking, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.retrieval.encoder import Encoder

_VECTORS, _FILLED = "vectors.npy", "filled.npy"
_WINDOW = 4096
_QUERIES_KEPT = 1024
_SLACK = 3e-5
"""More than float32 can be wrong by in a dot product of unit vectors of a usual length."""


class VectorStore(Protocol):
    """Where vectors are kept by model and text hash; half precision is enough."""

    def get_many(self, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Text hash -> vector, shape (dimensions,), for those that are kept."""

    def put_many(self, model: str, items: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep text hash -> vector."""


class DenseRetriever:
    """Cosine similarity, from -1 to 1. A passage without text has no vector and is never found."""

    name = "dense"

    def __init__(
        self, rows: DocRows, vectors: NDArray[np.float32], filled: NDArray[np.bool_], encoder: Encoder
    ) -> None:
        """Use `build` or `load`. `vectors` has shape (rows, dimensions); `filled` is False where there is none."""
        self._rows, self._vectors, self._filled = rows, vectors, filled
        self._any_filled = bool(filled.any())
        self._encode_query = lru_cache(maxsize=_QUERIES_KEPT)(encoder.encode_query)

    @classmethod
    def build(
        cls,
        corpus: Corpus,
        folder: Path,
        encoder: Encoder,
        store: VectorStore,
        progress: Progress = no_progress,
    ) -> DenseRetriever:
        """Embed what `store` does not hold yet, write all vectors into `folder` (all or nothing), then load it.

        Reports after every batch. Every embedded batch is in the store before the next report, so that a build that
        was stopped goes on where it was. Holds some thousand passages in memory.
        """
        total = len(corpus)
        docids: list[str] = []
        filled = np.zeros(total, dtype=np.bool_)
        matrix: NDArray[np.float32] | None = None
        with writing(folder) as temporary:
            for window in _windows(corpus.docs()):
                first = len(docids)
                docids.extend(doc.docid for doc in window)
                if len(docids) > total:
                    break
                found = _vectors(window, encoder, store, _Reporter(progress, first, total))
                for row, doc in enumerate(window, start=first):
                    vector = found.get(doc.text_hash)
                    if vector is not None:
                        if matrix is None:
                            matrix = _new_matrix(temporary, (total, len(vector)))
                        matrix[row], filled[row] = vector, True
                progress(len(docids), total, "Embedding")
            if len(docids) != total:
                raise RerankLensError("The passages changed while they were indexed. Start again.")
            if matrix is None:
                np.save(temporary / _VECTORS, np.zeros((total, 0), dtype=np.float32))
            elif isinstance(matrix, np.memmap):
                matrix.flush()
            np.save(temporary / _FILLED, filled)
            DocRows(docids).save(temporary)
        return cls.load(folder, encoder)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> DenseRetriever:
        """Read what `build` wrote with this encoder; the vectors stay on the disk until they are touched."""
        filled = np.load(folder / _FILLED)
        # nothing to map where no passage has a vector
        vectors = np.asarray(np.load(folder / _VECTORS, mmap_mode="r" if filled.any() else None))
        return cls(DocRows.load(folder), vectors, filled, encoder)

    def retrieve(self, query: str, k: int, allowed: Collection[str] | None = None, qid: str = "") -> Ranking:
        """See `Retriever.retrieve`. A query without text finds nothing: an empty ranking."""
        started = perf_counter()
        if not query.strip() or not self._any_filled:
            return Ranking(qid, self.name, (), perf_counter() - started)
        vector = self._encode_query(query)
        mask = self._filled if allowed is None else self._filled & self._rows.mask(allowed)
        rows = np.flatnonzero(mask)
        rough = (self._vectors @ vector)[rows]
        rows = rows[at_least_kth(rough, k, _SLACK)]
        # row by row in double precision: equal vectors score alike wherever they stand, which BLAS does not promise
        exact = (self._vectors[rows].astype(np.float64) * vector).sum(axis=1)
        docs = self._rows.best(rows, exact, k, self.name)
        return Ranking(qid, self.name, docs, perf_counter() - started)


def _windows(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    stream = iter(docs)
    while window := list(islice(stream, _WINDOW)):
        yield window


class _Reporter:
    """Turns texts embedded within a window into passages done of the whole corpus."""

    def __init__(self, progress: Progress, first: int, total: int) -> None:
        self._progress, self._first, self._total = progress, first, total

    def __call__(self, done: int) -> None:
        self._progress(self._first + done, self._total, "Embedding")


def _vectors(
    window: Sequence[Doc], encoder: Encoder, store: VectorStore, report: _Reporter
) -> dict[str, NDArray[np.float32]]:
    """Text hash -> unit vector for every text of the window that has any sign in it."""
    texts = {doc.text_hash: doc.content for doc in window if doc.content.strip()}
    found = {text: _unit(vector) for text, vector in store.get_many(encoder.key, list(texts)).items()}
    # longest first: a batch then holds texts of one length, and too little memory shows at once
    missing = sorted((text for text in texts if text not in found), key=lambda text: len(texts[text]), reverse=True)
    done = len(window) - len(missing)
    while missing:
        batch, missing = missing[: encoder.batch_size], missing[encoder.batch_size :]
        # as the store will give them back, so that an index is the same whether its vectors were kept or new
        rounded = encoder.encode_documents([texts[text] for text in batch]).astype(np.float16).astype(np.float32)
        fresh = dict(zip(batch, rounded, strict=True))
        store.put_many(encoder.key, fresh)
        found.update((text, _unit(vector)) for text, vector in fresh.items())
        done += len(batch)
        report(done)
    return found


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = np.linalg.norm(vector)
    return np.asarray(vector / norm if norm > 0 else vector, dtype=np.float32)


def _new_matrix(folder: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    return np.lib.format.open_memmap(folder / _VECTORS, mode="w+", dtype=np.float32, shape=shape)
