"""What a model made of passages, on a shelf of the workspace, or in memory where there is none, bounded by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from rerank_core.errors import RerankLensError
from rerank_core.types import text_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
        known = {key: self._kept[key] for key in keys if key in self._kept}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if missing and self._shelf is not None:
            known.update(self._shelf.get(list(missing)))
            missing = {key: text for key, text in missing.items() if key not in known}
        if missing:
            fresh = dict(zip(missing, self._encode(list(missing.values())), strict=True))
            known.update(fresh)
            if self._shelf is None or not self._shelf.put(fresh):
                self._keep(fresh)
        for key in keys:
            if key in self._kept:
                self._kept.move_to_end(key)
        return [known[key] for key in keys]

    def _keep(self, fresh: dict[str, Vectors]) -> None:
        for key, vectors in fresh.items():
            self._kept[key] = vectors
            self._bytes += self._size(vectors)
        while self._bytes > self._max_bytes:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= self._size(oldest)


Made = TypeVar("Made")


class PassageBytes(Protocol):
    """Where bytes are kept by model and text hash."""

    def get_many(self, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.uint8]]:
        """Text hash -> its bytes, for those that are kept."""

    def put_many(self, model: str, items: Mapping[str, bytes]) -> bool:
        """Keep text hash -> bytes, at least one each; False: nothing was kept."""


class PassageVectors(Protocol):
    """Where one vector per text is kept, by model and text hash, in half precision."""

    def get_many(self, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """Text hash -> vector, shape (dimensions,), for those that are kept."""

    def put_many(self, model: str, items: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep text hash -> vector."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The stores of a workspace, and the names that one model has in them.

    `name` must change whenever the model would make something else of a text (see `model_key.py`). `vector_name` is
    that in `vectors`: the name of another part of the app where that one makes the very same vectors.
    """

    name: str
    vector_name: str
    passages: PassageBytes
    vectors: PassageVectors


class Shelf(Protocol[Made]):
    """One model's part of a store."""

    def get(self, hashes: Sequence[str]) -> Mapping[str, Made]:
        """Text hash -> what the model made of the text, for those that are kept."""

    def put(self, items: Mapping[str, Made]) -> bool:
        """Keep text hash -> what the model made of it; False: nothing was kept."""


@dataclass(frozen=True, slots=True)
class PackedShelf(Generic[Made]):
    """What a model made of passages, kept as bytes: `unpack` must give back exactly what `pack` was given."""

    kept: Kept
    pack: Callable[[Made], bytes]
    unpack: Callable[[NDArray[np.uint8]], Made]

    def get(self, hashes: Sequence[str]) -> dict[str, Made]:
        """See `Shelf.get`."""
        packed = self.kept.passages.get_many(self.kept.name, hashes)
        return {text: self.unpack(data) for text, data in packed.items()}

    def put(self, items: Mapping[str, Made]) -> bool:
        """See `Shelf.put`."""
        return self.kept.passages.put_many(
            self.kept.name, {text: self.pack(vectors) for text, vectors in items.items()}
        )


@dataclass(frozen=True, slots=True)
class VectorShelf:
    """One vector per passage, float32 of shape (dimensions,), rounded to half precision before it comes here."""

    kept: Kept

    def get(self, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """See `Shelf.get`."""
        return self.kept.vectors.get_many(self.kept.vector_name, hashes)

    def put(self, items: Mapping[str, NDArray[np.float32]]) -> bool:
        """See `Shelf.put`."""
        self.kept.vectors.put_many(self.kept.vector_name, items)
        return True
