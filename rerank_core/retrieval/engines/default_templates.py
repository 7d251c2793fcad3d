"""The templates that fit an index, where nobody wrote one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from rerank_core.retrieval.engines.engine import Column
from rerank_core.retrieval.engines.source import (
    ELASTICSEARCH,
    OPENSEARCH,
    POSTGRES,
    PYTHON,
    QDRANT,
    EngineSource,
)
from rerank_core.retrieval.engines.template import Template

_HOMES = {POSTGRES: "postgres_sql", QDRANT: "qdrant_json", OPENSEARCH: "lucene_json", ELASTICSEARCH: "lucene_json"}


def default_templates(source: EngineSource, columns: Sequence[Column]) -> list[Template]:
    """Templates for a source's fields, the best first stage first; [] where nothing can be said of the engine."""
    if source.engine == PYTHON:
        return [Template("ask", '{"query": "{{query}}", "k": "{{k}}"}')]
    if source.engine not in _HOMES:
        return []
    found: list[Template] = import_module(f"{__package__}.{_HOMES[source.engine]}").templates(source, columns)
    return found
