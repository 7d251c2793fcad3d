"""Opens the engine that a source names; its client is imported then, and an extra may be missing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.engines.engine import Engine
from rerank_core.retrieval.engines.source import (
    ELASTICSEARCH,
    ENGINES,
    HTTP,
    OPENSEARCH,
    POSTGRES,
    PYTHON,
    QDRANT,
    EngineSource,
)

_HOMES = {
    POSTGRES: ("postgres", "PostgresEngine", "postgres"),
    QDRANT: ("qdrant", "QdrantEngine", "qdrant"),
    OPENSEARCH: ("opensearch", "OpenSearchEngine", "opensearch"),
    ELASTICSEARCH: ("elasticsearch", "ElasticsearchEngine", "elasticsearch"),
    HTTP: ("http_api", "HttpApiEngine", "api"),
    PYTHON: ("python_callable", "open_callable", ""),
}
"""Engine -> (module, what makes one of a source, the extra that it needs)."""


def open_engine(source: EngineSource) -> Engine:
    """The engine of a source; nothing is sent yet. Raises NotReadyError for a missing extra or key."""
    module, name, extra = _HOMES[source.engine]
    try:
        make: Callable[[EngineSource], Engine] = getattr(import_module(f"{__package__}.{module}"), name)
        return make(source)
    except ImportError as error:
        raise NotReadyError(
            f"{ENGINES[source.engine]} needs an extra: pip install 'rerank-lens[{extra}]' ({error.name or error})."
        ) from error
