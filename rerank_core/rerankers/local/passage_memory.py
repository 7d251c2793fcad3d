"""What a model made of passages, on a shelf of the workspace, or in memory where there is none, bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.local.kept import Shelf
from rerank_core.types import text_hash

Vectors = TypeVar("Vectors")


def finite(numbers: Any) -> Any:
    """The same array or CPU tensor; raises RerankLensError where a value is no number, as it must not be kept."""
    import numpy as np

    if not np.isfinite(np.asarray(numbers)).all():
        raise RerankLensError("the model makes something of a passage that holds values that are no numbers")
    return numbers


class VectorMemory(Generic[Vectors]):
    """Text -> what a model made of it, encoded once.

    With a `shelf` it lies there and outlives the process. What the shelf does not take is kept in memory: the longest
    unused goes first when `max_bytes` is passed. `encode` must round as the shelf does, so that a score is the same
    whether its vectors are new or kept.
    """

    def __init__(
        self,
        encode: Callable[[list[str]], list[Vectors]],
        size: Callable[[Vectors], int],
        max_bytes: int,
        shelf: Shelf[Vectors] | None = None,
    ) -> None:
        self._encode, self._size, self._max_bytes, self._shelf = encode, size, max_bytes, shelf
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._bytes = 0

    def vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """The vectors of each text, in order; those not kept are encoded in one call, each text once."""
        keys = [text_hash(text) for text in texts]
        found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing and self._shelf is not None:
            found.update(self._shelf.get(list(missing)))
            missing = {key: text for key, text in missing.items() if key not in found}
        if missing:
            fresh = dict(zip(missing, self._encode(list(missing.values())), strict=True))
            found.update(fresh)
            if self._shelf is None or not self._shelf.put(fresh):
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
