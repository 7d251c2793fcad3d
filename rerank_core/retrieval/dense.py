"""Dense retrieval over unit vectors that are embedded once for each text and model."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache, partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from rerank_core.errors import NotReadyError, RerankLensError
from rerank_core.retrieval.disk_room import new_array
from rerank_core.retrieval.embedding import EmbeddingStore, embedded
from rerank_core.retrieval.index_folder import writing
from rerank_core.retrieval.parts import Changes, deriving, parts, read_rows, save_rows
from rerank_core.retrieval.query_variants.search_text import SearchText, vector_of
from rerank_core.retrieval.vector_index import write_search
from rerank_core.retrieval.vector_search import SearchFacts, open_search
from rerank_core.types import Corpus, Progress, Ranking, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.retrieval.encoder import Encoder

_VECTORS, _FILLED = "vectors.npy", "filled.npy"
_QUERIES_KEPT = 1024


class DenseRetriever:
    """Cosine similarity, from -1 to 1. A passage without text has no vector and is never found."""

    name = "dense"

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        """Use `build`, `derive` or `load`."""
        self._rows, alive = read_rows(folder)
        filled = [np.load(part / _FILLED) for part in parts(folder)]
        # nothing to map where no passage has a vector
        self._vectors = [
            np.load(part / _VECTORS, mmap_mode="r" if there.any() else None).view(np.ndarray)
            for part, there in zip(parts(folder), filled, strict=True)
        ]
        self._searches = [
            open_search(part, vectors) for part, vectors in zip(parts(folder), self._vectors, strict=True)
        ]
        there = np.concatenate(filled)
        self._found = there if alive is None else there & alive
        self._all = bool(self._found.all())
        self._any = bool(self._found.any())
        self._width = max(vectors.shape[1] for vectors in self._vectors)
        self._vector = lru_cache(maxsize=_QUERIES_KEPT)(partial(vector_of, encoder=encoder))

    @classmethod
    def build(
        cls,
        corpus: Corpus,
        folder: Path,
        encoder: Encoder,
        store: EmbeddingStore,
        progress: Progress = no_progress,
        queries: Callable[[], NDArray[np.float32]] | None = None,
    ) -> DenseRetriever:
        """Embed what `store` does not hold yet, write all vectors into `folder` (all or nothing), then load it.

        Reports after every batch. Every embedded batch is in the store before the next report, so that a build that
        was stopped continues where it was. Holds some thousand passages in memory. `queries`: see `write_search`.
        """
        with writing(folder) as temporary:
            _write(corpus, temporary, encoder, store, progress, queries)
        return cls.load(folder, encoder)

    @classmethod
    def derive(
        cls,
        base: Path,
        changes: Changes,
        corpus: Corpus,
        folder: Path,
        encoder: Encoder,
        store: EmbeddingStore,
        progress: Progress = no_progress,
    ) -> DenseRetriever:
        """As `build`, but over the base of the index in `base`: only passages that were added are read and embedded."""
        with deriving(base, changes, corpus, folder) as (passages, added):
            _write(passages, added, encoder, store, progress)
        return cls.load(folder, encoder)

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> DenseRetriever:
        """Read what was written with this encoder; the vectors stay on the disk until they are touched."""
        return cls(folder, encoder)

    @property
    def facts(self) -> SearchFacts:
        """How the base, which holds most of the vectors, is searched; what was added since is always read whole."""
        return self._searches[0].facts

    def retrieve(
        self, query: str, k: int, allowed: Collection[str] | None = None, qid: str = "", passage: str = ""
    ) -> Ranking:
        """See `Retriever.retrieve`. A query without text finds nothing: an empty ranking."""
        started = perf_counter()
        if not query.strip() or not self._any:
            return Ranking(qid, self.name, (), perf_counter() - started)
        vector = self._vector(SearchText(query, passage))
        if len(vector) != self._width:
            raise NotReadyError(
                f"The dense model gives vectors of {len(vector):,} numbers now, and the index has {self._width:,}. "
                "It is another model under the same name."
            )
        mask = self._found if allowed is None else self._found & self._rows.mask(allowed)
        unmasked = allowed is None and self._all
        rows, scores, first = [], [], 0
        for vectors, search in zip(self._vectors, self._searches, strict=True):
            end = first + len(vectors)
            near = search.near(vector, k, None if unmasked else mask[first:end]) if mask[first:end].any() else _NONE
            rows.append(near + first)
            # row by row in double precision: equal vectors score alike wherever they stand, which BLAS does not promise
            scores.append((vectors[near].astype(np.float64) * vector).sum(axis=1) if len(near) else _NO_SCORES)
            first = end
        docs = self._rows.best(np.concatenate(rows), np.concatenate(scores), k, self.name)
        return Ranking(qid, self.name, docs, perf_counter() - started)


_NONE, _NO_SCORES = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.float64)


def _write(
    corpus: Corpus,
    folder: Path,
    encoder: Encoder,
    store: EmbeddingStore,
    progress: Progress,
    queries: Callable[[], NDArray[np.float32]] | None = None,
) -> None:
    total = len(corpus)
    docids: list[str] = []
    texts: list[str] = []
    filled = np.zeros(total, dtype=np.bool_)
    matrix: NDArray[np.float32] | None = None
    for window, vectors in embedded(corpus, encoder, store, progress):
        first = len(docids)
        docids.extend(doc.docid for doc in window)
        if len(docids) > total:
            break
        for row, doc in enumerate(window, start=first):
            texts.append(text := doc.text_hash)
            vector = vectors.get(text)
            if vector is not None:
                if matrix is None:
                    matrix = new_array(folder / _VECTORS, np.float32, (total, len(vector)))
                if len(vector) != matrix.shape[1]:
                    raise RerankLensError(
                        f"The dense model gave vectors of {matrix.shape[1]:,} numbers for some passages and of "
                        f"{len(vector):,} for others. It is another model under the same name."
                    )
                matrix[row], filled[row] = vector, True
    if len(docids) != total:
        raise RerankLensError("The passages changed while they were indexed. Start again.")
    if matrix is None:
        np.save(folder / _VECTORS, np.zeros((total, 0), dtype=np.float32))
    else:
        if isinstance(matrix, np.memmap):
            matrix.flush()
        write_search(folder, matrix, filled, queries, progress)
    np.save(folder / _FILLED, filled)
    save_rows(folder, docids, texts)
