"""OpenSearch by its own client, whose requests go through the project's HTTP door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from opensearchpy import OpenSearch
from opensearchpy.connection import Connection

from rerank_core.retrieval.engines.door import Door
from rerank_core.retrieval.engines.lucene import LuceneEngine
from rerank_core.retrieval.engines.source import EngineSource


class OpenSearchEngine(LuceneEngine):
    """BM25, k-NN, and hybrid queries with a search pipeline for normalisation or rank fusion."""

    def __init__(self, source: EngineSource) -> None:
        super().__init__(source)
        self._client = OpenSearch([source.address], connection_class=_through(self._door), max_retries=0)

    def _send(self, what: str, **values: Any) -> Any:
        client, index = self._client, self._source.index
        calls: dict[str, Callable[[], Any]] = {
            "indexes": lambda: client.cat.indices(params={"format": "json", "h": "index"}),
            "mapping": lambda: client.indices.get_mapping(index=values["index"]),
            "search": lambda: client.search(index=index, body=values["body"], params=dict(values["params"])),
            "mget": lambda: client.mget(index=index, body={"ids": values["ids"]}, params={"_source": "false"}),
            "create": lambda: client.indices.create(index=index, body=values["body"]),
            "bulk": lambda: client.bulk(index=index, body=values["operations"]),
            "refresh": lambda: client.indices.refresh(index=index),
        }
        return calls[what]()

    def _mapping(self, dimensions: int) -> dict[str, Any]:
        named = self._source.fields
        if not (dimensions and named.vector):
            return {"mappings": {"properties": self._properties()}}
        method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}
        vector = {"type": "knn_vector", "dimension": dimensions, "method": method}
        return {
            "settings": {"index": {"knn": True}},
            "mappings": {"properties": {**self._properties(), named.vector: vector}},
        }


def _through(door: Door) -> type[Connection]:
    class Through(Connection):
        """A connection of opensearch-py that sends by the door, which raises for all that is no 2xx."""

        def perform_request(
            self,
            method: str,
            url: str,
            params: Mapping[str, Any] | None = None,
            body: bytes | None = None,
            timeout: float | None = None,
            ignore: Any = (),
            headers: Mapping[str, str] | None = None,
        ) -> tuple[int, Mapping[str, str], str]:
            target = f"{self.host}{self.url_prefix}{url}" + (f"?{urlencode(params)}" if params else "")
            status, answered, content = door.request(method, target, body, headers)
            return status, answered, content.decode("utf-8", "replace")

        def close(self) -> None:
            """The door is closed by the engine."""

    return Through
