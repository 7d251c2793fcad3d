"""The searches of the usual first stages in OpenSearch and Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rerank_core.retrieval.engines.engine import Column
from rerank_core.retrieval.engines.source import OPENSEARCH, EngineSource
from rerank_core.retrieval.engines.template import Template

QUERY, VECTOR, COUNT = "{{query}}", "{{vector}}", "{{k}}"
_NUM_CANDIDATES = 1000
"""Of Elasticsearch, per shard; not below the most candidates that can be asked for."""


def templates(source: EngineSource, columns: Sequence[Column]) -> list[Template]:
    """Words; with a vector also its neighbours, and both by RRF first of all and by scores from 0 to 1."""
    named = source.fields
    fields = [name for name in (named.title, named.text) if name]
    words = {"multi_match": {"query": QUERY, "fields": fields}}
    if not named.vector:
        return [_template("words", {"query": words}, source)]
    if source.engine == OPENSEARCH:
        return _opensearch(source, words)
    return _elasticsearch(source, words)


def _opensearch(source: EngineSource, words: dict[str, Any]) -> list[Template]:
    near = {"knn": {source.fields.vector: {"vector": VECTOR, "k": COUNT}}}
    both = {"hybrid": {"queries": [words, near]}}
    # both processors are documented for a pipeline that stands in the request itself
    rrf = {"score-ranker-processor": {"combination": {"technique": "rrf", "rank_constant": 60}}}
    minmax = {
        "normalization-processor": {
            "normalization": {"technique": "min_max"},
            "combination": {"technique": "arithmetic_mean", "parameters": {"weights": [0.5, 0.5]}},
        }
    }
    return [
        _template("hybrid", {"query": both, "search_pipeline": {"phase_results_processors": [rrf]}}, source),
        _template("words", {"query": words}, source),
        _template("meaning", {"query": near}, source),
        _template("minmax", {"query": both, "search_pipeline": {"phase_results_processors": [minmax]}}, source),
    ]


def _elasticsearch(source: EngineSource, words: dict[str, Any]) -> list[Template]:
    near = {"field": source.fields.vector, "query_vector": VECTOR, "k": COUNT, "num_candidates": _NUM_CANDIDATES}
    retrievers: list[dict[str, Any]] = [{"standard": {"query": words}}, {"knn": near}]
    rrf = {"rrf": {"retrievers": retrievers, "rank_window_size": COUNT, "rank_constant": 60}}
    weighted = [{"retriever": one, "weight": 0.5, "normalizer": "minmax"} for one in retrievers]
    linear = {"linear": {"retrievers": weighted, "rank_window_size": COUNT}}
    return [
        _template("hybrid", {"retriever": rrf}, source),
        _template("words", {"query": words}, source),
        _template("meaning", {"knn": near}, source),
        _template("linear", {"retriever": linear}, source),
    ]


def _template(name: str, body: dict[str, Any], source: EngineSource) -> Template:
    more: dict[str, Any] = {"size": COUNT}
    if source.fields.vector:
        more["_source"] = {"excludes": [source.fields.vector]}
    return Template(name, json.dumps({**body, **more}, indent=1))
