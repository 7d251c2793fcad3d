"""Splits texts over several requests, for services that bound what one request may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def batches(
    texts: Sequence[str], most: int, most_characters: int | None = None, beside: int = 0
) -> Iterator[list[str]]:
    """The texts in their order, at most `most` a batch and, with `most_characters`, no more characters than that.

    `beside` characters are added for each text (a query that is sent with it). A text that is too long alone is a batch
    of its own.
    """
    batch: list[str] = []
    size = 0
    for text in texts:
        length = len(text) + beside
        full = len(batch) == most or (most_characters is not None and size + length > most_characters)
        if batch and full:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch
