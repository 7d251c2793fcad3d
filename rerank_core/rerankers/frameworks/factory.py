"""A person's own function, by its name. Only what the environment names is imported: a workspace cannot run code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from rerank_core.errors import NotReadyError, RerankLensError
from rerank_core.rerankers.family import Orderer
from rerank_core.types import Progress, no_progress

FACTORIES = "RERANK_LENS_FACTORIES"
"""The environment variable that names, with commas, the functions that may be called: module:function."""


def made_by(factory: str, kind: type[Any]) -> Any:
    """What the function gives: an instance of `kind`.

    Raises NotReadyError where the environment does not name it, or it cannot be imported; RerankLensError where it
    gives something else.
    """
    allowed = [name.strip() for name in os.environ.get(FACTORIES, "").split(",")]
    if factory not in allowed:
        raise NotReadyError(f"'{factory}' may not be run here: set {FACTORIES}={factory} where the app is started.")
    module, _, name = factory.partition(":")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as missing:
        raise NotReadyError(f"'{factory}' cannot be imported: {missing}.") from missing
    made = function()
    if not isinstance(made, kind):
        raise RerankLensError(f"'{factory}' gives a {type(made).__name__}, and no {kind.__name__}.")
    return made


class FrameworkOrderer(Orderer):
    """Somebody's reranker that returns some of what it is given. What it leaves out comes last, in candidate order."""

    def __init__(self) -> None:
        self._left_out = 0

    def returned(self, query: str, texts: Sequence[str]) -> Iterable[int]:
        """The places of the texts that come back, best first."""
        raise NotImplementedError

    def order(self, query: str, texts: Sequence[str], progress: Progress = no_progress) -> list[int]:
        """See `Orderer`. Raises RerankLensError for a place that comes back twice."""
        if not texts:
            return []
        kept = list(self.returned(query, texts))
        if len(set(kept)) < len(kept):
            raise RerankLensError("it returned a passage twice")
        rest = sorted(set(range(len(texts))) - set(kept))
        self._left_out = len(rest)
        return [*kept, *rest]

    def notes(self) -> Sequence[str]:
        """How many passages did not come back from the last call."""
        count, self._left_out = self._left_out, 0
        return (f"it left out {count} passages: they come last, in the candidates' order",) if count else ()
