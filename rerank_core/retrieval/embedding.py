"""Texts to stored vectors: each text is embedded once for each model, and what was embedded is never lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rerank_core.types import Corpus, Doc, Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.retrieval.encoder import Encoder

EMBEDDING = "Embedding"
"""How the messages of this step begin."""
_WINDOW = 4096
_BATCH_SECONDS = 1.0
"""A person's query waits for the batch under way: on a busy machine or with long texts it must be small."""
_FIRST_BATCH = 4


class EmbeddingStore(Protocol):
    """Where vectors are kept by model and text hash; half precision is enough."""

    def get_many(self, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Text hash -> vector, shape (dimensions,), for those that are kept."""

    def put_many(self, model: str, items: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep text hash -> vector."""


def embedded(
    corpus: Corpus, encoder: Encoder, store: EmbeddingStore, progress: Progress
) -> Iterator[tuple[list[Doc], dict[str, NDArray[np.float32]]]]:
    """Windows of passages in their order, each with text hash -> unit vector, shape (dimensions,).

    A text without any sign has no vector. What `store` lacks is embedded and put there batch by batch, each before it
    is reported; the report says how many texts per second were embedded so far.
    """
    report = _Reporter(progress, len(corpus), encoder)
    for window in _windows(corpus.docs()):
        vectors = _vectors(window, encoder, store, report)
        yield window, vectors
        report.passed(len(window))


class _Reporter:
    """Turns texts embedded within a window into passages done of the whole corpus, and times the model."""

    def __init__(self, progress: Progress, total: int, encoder: Encoder) -> None:
        self._progress, self._total, self._encoder = progress, total, encoder
        self._before = self._texts = 0
        self._seconds = 0.0

    def embedded(self, done: int, texts: int, seconds: float) -> None:
        """`done` passages of this window have their vectors, after `texts` more texts in `seconds` of the model."""
        self._texts, self._seconds = self._texts + texts, self._seconds + seconds
        self._tell(done)

    def passed(self, passages: int) -> None:
        """A whole window is done."""
        self._tell(passages)
        self._before += passages

    def _tell(self, done: int) -> None:
        speed = f", {self._texts / self._seconds:,.0f} texts per second" if self._seconds else ""
        note = f" ({self._encoder.note})" if self._texts and self._encoder.note else ""
        self._progress(min(self._total, self._before + done), self._total, f"{EMBEDDING}{speed}{note}")


def _windows(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    stream = iter(docs)
    while window := list(islice(stream, _WINDOW)):
        yield window


def _vectors(
    window: Sequence[Doc], encoder: Encoder, store: EmbeddingStore, report: _Reporter
) -> dict[str, NDArray[np.float32]]:
    """Text hash -> unit vector for every text of the window that has any sign in it."""
    texts = {doc.text_hash: doc.content for doc in window if doc.content.strip()}
    vectors = {text: _unit(vector) for text, vector in store.get_many(encoder.key, list(texts)).items()}
    # longest first: a batch then holds texts of one length, and too little memory shows at once
    missing = sorted((text for text in texts if text not in vectors), key=lambda text: len(texts[text]), reverse=True)
    done, size = len(window) - len(missing), min(_FIRST_BATCH, encoder.batch_size)
    while missing:
        batch, missing = missing[:size], missing[size:]
        started = perf_counter()
        # as the store will give them back, so that an index is the same whether its vectors were kept or new
        rounded = encoder.encode_documents([texts[text] for text in batch]).astype(np.float16).astype(np.float32)
        seconds = perf_counter() - started
        size = max(1, min(encoder.batch_size, int(len(batch) * _BATCH_SECONDS / max(seconds, 1e-6))))
        fresh = dict(zip(batch, rounded, strict=True))
        store.put_many(encoder.key, fresh)
        vectors.update((text, _unit(vector)) for text, vector in fresh.items())
        done += len(batch)
        report.embedded(done, len(batch), seconds)
    return vectors


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = np.linalg.norm(vector)
    return np.asarray(vector / norm if norm > 0 else vector, dtype=np.float32)
