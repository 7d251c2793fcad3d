"""What an engine answers whose index is filled by others: it is searched, and nothing is written into it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from rerank_core.retrieval.engines.failures import failed
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.types import Doc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OnlyAsked:
    """The writing half of `Engine`: each method raises ProviderError."""

    _source: EngineSource

    def missing(self, docids: Sequence[str]) -> set[str]:
        """Refused."""
        self._refuse()

    def create(self, dimensions: int) -> None:
        """Refused."""
        self._refuse()

    def put(self, docs: Sequence[Doc], vectors: Sequence[NDArray[np.float32] | None]) -> None:
        """Refused."""
        self._refuse()

    def finish(self) -> None:
        """Nothing to do."""

    def _refuse(self) -> NoReturn:
        raise failed(self._source, "can only be asked", "Fill its index by its own means.")
