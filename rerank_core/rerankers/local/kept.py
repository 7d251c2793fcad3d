"""Where a model finds what it, or another part of the app, made of a passage before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Made = TypeVar("Made")


class PassageStore(Protocol):
    """Where bytes are kept by model and text hash."""

    def get_many(self, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.uint8]]:
        """Text hash -> its bytes, for those that are kept."""

    def put_many(self, model: str, items: Mapping[str, bytes]) -> bool:
        """Keep text hash -> bytes, at least one each; False: nothing was kept."""


class VectorStore(Protocol):
    """Where one vector a text is kept, by model and text hash, in half precision."""

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
    passages: PassageStore
    vectors: VectorStore


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
        found = self.kept.passages.get_many(self.kept.name, hashes)
        return {text: self.unpack(data) for text, data in found.items()}

    def put(self, items: Mapping[str, Made]) -> bool:
        """See `Shelf.put`."""
        return self.kept.passages.put_many(self.kept.name, {text: self.pack(made) for text, made in items.items()})


@dataclass(frozen=True, slots=True)
class VectorShelf:
    """One vector a passage, float32 of shape (dimensions,), rounded to half precision before it comes here."""

    kept: Kept

    def get(self, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """See `Shelf.get`."""
        return self.kept.vectors.get_many(self.kept.vector_name, hashes)

    def put(self, items: Mapping[str, NDArray[np.float32]]) -> bool:
        """See `Shelf.put`."""
        self.kept.vectors.put_many(self.kept.vector_name, items)
        return True
