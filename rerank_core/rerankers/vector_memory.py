"""Vectors of passages kept in memory between queries, bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from rerank_core.types import text_hash

Vectors = TypeVar("Vectors")


class VectorMemory(Generic[Vectors]):
    """Text -> what a model made of it; the longest unused goes first when `max_bytes` is passed."""

    def __init__(
        self, encode: Callable[[list[str]], list[Vectors]], size: Callable[[Vectors], int], max_bytes: int
    ) -> None:
        self._encode, self._size, self._max_bytes = encode, size, max_bytes
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._bytes = 0

    def vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """The vectors of each text, in order; those not kept are encoded in one call, each text once."""
        keys = [text_hash(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._kept}
        found = {key: self._kept[key] for key in keys if key in self._kept}
        if missing:
            fresh = dict(zip(missing, self._encode(list(missing.values())), strict=True))
            found |= fresh
            self._keep(fresh)
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
        return [found[key] for key in keys]

    def _keep(self, fresh: dict[str, Vectors]) -> None:
        for key, vectors in fresh.items():
            self._kept[key] = vectors
            self._bytes += self._size(vectors)
        while self._bytes > self._max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= self._size(oldest)
