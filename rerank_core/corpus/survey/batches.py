"""Cutting a stream of passages into batches that fit into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rerank_core.types import Doc

BATCH_DOCS = 2_000
BATCH_CHARS = 8_000_000


def doc_batches(docs: Iterable[Doc]) -> Iterator[list[Doc]]:
    """Lists of at most 2,000 passages, fewer where they are long."""
    batch: list[Doc] = []
    chars = 0
    for doc in docs:
        batch.append(doc)
        chars += len(doc.text)
        if len(batch) == BATCH_DOCS or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch
