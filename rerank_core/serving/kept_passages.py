"""What the workspace keeps of its passages, only read: texts that strangers send fill no file of it.

A passage of the workspace then has the very vectors that it was ranked with.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rerank_core.ranking.kept_passages import kept_passages
from rerank_core.rerankers.local.passage_memory import Kept, PassageBytes, PassageVectors
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_VECTORS = 100_000


def read_only(workspace: Workspace, system: System) -> Kept | None:
    """The stores of the workspace for a system's model, to read from; None for a service."""
    kept = kept_passages(workspace, system.model, system.settings)
    if kept is None:
        return None
    return replace(kept, passages=_OnlyRead(kept.passages), vectors=_BesideOwn(kept.vectors))


class _OnlyRead:
    def __init__(self, passages: PassageBytes) -> None:
        self._passages = passages

    def get_many(self, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.uint8]]:
        return self._passages.get_many(model, hashes)

    def put_many(self, model: str, items: Mapping[str, bytes]) -> bool:
        return False  # whoever offers them keeps them in memory, within bounds


class _BesideOwn:
    """New vectors stay in memory, the longest unused go first."""

    def __init__(self, vectors: PassageVectors, most: int = MOST_VECTORS) -> None:
        self._vectors, self._most = vectors, most
        self._own: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def get_many(self, model: str, hashes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        with self._lock:
            own = {text: self._own[model, text] for text in hashes if (model, text) in self._own}
            for text in own:
                self._own.move_to_end((model, text))
        missing = [text for text in hashes if text not in own]
        return own | dict(self._vectors.get_many(model, missing)) if missing else own

    def put_many(self, model: str, items: Mapping[str, NDArray[np.float32]]) -> None:
        with self._lock:
            for text, vector in items.items():
                self._own[model, text] = vector
            while len(self._own) > self._most:
                self._own.popitem(last=False)
