"""Elasticsearch by its own client, whose requests go through the project's HTTP door."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport._node import NodeApiResponse  # what a node answers; the package shows it nowhere else
from elasticsearch import Elasticsearch, UnsupportedProductError

from rerank_core.retrieval.engines.door import Door
from rerank_core.retrieval.engines.lucene import LuceneEngine
from rerank_core.retrieval.engines.source import EngineSource


class ElasticsearchEngine(LuceneEngine):
    """BM25, kNN, and RRF and linear retrievers."""

    def __init__(self, source: EngineSource) -> None:
        super().__init__(source)
        self._client = Elasticsearch(
            [source.address], node_class=_through(self._door), max_retries=0, retry_on_timeout=False
        )

    def _send(self, what: str, **values: Any) -> Any:
        client, index = self._client, self._source.index
        calls: dict[str, Callable[[], Any]] = {
            "indexes": lambda: client.cat.indices(format="json", h="index"),
            "mapping": lambda: client.indices.get_mapping(index=values["index"]),
            "search": lambda: client.search(index=index, body=values["body"], **values["params"]),
            "mget": lambda: client.mget(index=index, ids=values["ids"], source=False),
            "create": lambda: client.indices.create(index=index, body=values["body"]),
            "bulk": lambda: client.bulk(index=index, operations=values["operations"]),
            "refresh": lambda: client.indices.refresh(index=index),
        }
        try:
            return calls[what]().body
        except UnsupportedProductError:
            problem = self._door.unreadable("it does not say that it is Elasticsearch")
        raise problem

    def _mapping(self, dimensions: int) -> dict[str, Any]:
        named = self._source.fields
        properties = self._properties()
        if dimensions and named.vector:
            vector = {"type": "dense_vector", "dims": dimensions, "index": True, "similarity": "cosine"}
            properties[named.vector] = vector
        return {"mappings": {"properties": properties}}


def _through(door: Door) -> type[BaseNode]:
    class Through(BaseNode):
        """A node of elastic-transport that sends by the door, which raises for all that is no 2xx."""

        def perform_request(
            self,
            method: str,
            target: str,
            body: bytes | None = None,
            headers: HttpHeaders | None = None,
            request_timeout: Any = None,
        ) -> NodeApiResponse:
            started = time.perf_counter()
            status, answered, content = door.request(method, f"{self.base_url}{target}", body, dict(headers or {}))
            seconds = time.perf_counter() - started
            meta = ApiResponseMeta(status, "1.1", HttpHeaders(dict(answered)), seconds, self.config)
            return NodeApiResponse(meta, content)

        def close(self) -> None:
            """The door is closed by the engine."""

    return Through
