"""Qdrant by its own client: over HTTP through the project's door, or its local mode."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pydantic import ValidationError
from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from rerank_core.errors import ProviderError, SettingsError
from rerank_core.rerankers.services.http_door import open_transport
from rerank_core.rerankers.services.provider import Provider, RefusedError, key_from
from rerank_core.rerankers.services.refusal import service_text
from rerank_core.retrieval.engines.engine import Asked, Column, Hit, hits_of
from rerank_core.retrieval.engines.failures import advised, failed
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.sparse import sparse_passage
from rerank_core.retrieval.engines.template import Template
from rerank_core.types import Doc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Reply = TypeVar("Reply")
WORDS = "words"
"""The name of the sparse vector in collections that are filled here."""
UNNAMED = "(unnamed)"
"""What the vector of a collection is called that has one without a name."""
_SAMPLE = 20
_IDS = uuid.UUID("5b3d2c66-57a5-4b0b-8d86-3f5d7b1f7a10")


class QdrantEngine:
    """A template is the JSON of Qdrant's query request (POST /collections/…/points/query)."""

    def __init__(self, source: EngineSource) -> None:
        self._source = source
        self._key = key_from([source.key_variable] if source.key_variable else [])
        self._provider = Provider(source.label, source.timeout)
        self._opened: QdrantClient | None = None

    def indexes(self) -> list[str]:
        """The collections."""
        return sorted(one.name for one in self._call(lambda client: client.get_collections()).collections)

    def columns(self, index: str) -> list[Column]:
        """Its vectors, and the fields of the payloads of some points: a collection has no schema."""
        params = self._call(lambda client: client.get_collection(index)).config.params
        points, _ = self._call(lambda client: client.scroll(index, limit=_SAMPLE, with_payload=True))
        payloads: dict[str, str] = {}
        for point in points:
            for name, value in (point.payload or {}).items():
                payloads.setdefault(name, type(value).__name__)
        vectors = params.vectors if isinstance(params.vectors, Mapping) else {UNNAMED: params.vectors}
        found = [Column(name, kind) for name, kind in sorted(payloads.items())]
        found += [Column(name, "vector", about.size) for name, about in vectors.items() if about is not None]
        return found + [Column(name, "sparse") for name in params.sparse_vectors or {}]

    def search(self, template: Template, asked: Asked) -> list[Hit]:
        """See `Engine.search`."""
        try:
            wanted = models.QueryRequest.model_validate(template.as_json(asked.as_json()))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"][:3]))
            raise SettingsError(
                f"The template '{template.name}' is no query of Qdrant: {where}: {first['msg']}."
            ) from None

        def send(client: QdrantClient) -> Any:
            return client.query_points(
                self._source.index,
                query=wanted.query,
                using=wanted.using,
                prefetch=wanted.prefetch,
                query_filter=wanted.filter,
                search_params=wanted.params,
                limit=asked.k,
                score_threshold=wanted.score_threshold,
                with_payload=True,
            )

        points = self._call(send).points
        rows = (({"id": str(point.id), **(point.payload or {})}, float(point.score)) for point in points)
        return hits_of(self._source, rows, asked.k)

    def missing(self, docids: Sequence[str]) -> set[str]:
        """See `Engine.missing`."""
        names = {_point_id(docid): docid for docid in docids}
        found = self._call(
            lambda client: client.retrieve(self._source.index, list(names), with_payload=False, with_vectors=False)
        )
        return set(docids) - {names[str(point.id)] for point in found if str(point.id) in names}

    def create(self, dimensions: int) -> None:
        """A collection with the named vector for cosine, and a sparse one of words whose idf the engine multiplies."""
        if self._source.index in self.indexes():
            return
        vector = self._source.fields.vector
        dense = {vector: models.VectorParams(size=dimensions, distance=models.Distance.COSINE)} if dimensions else {}
        self._call(
            lambda client: client.create_collection(
                self._source.index,
                vectors_config=dense,
                sparse_vectors_config={WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )
        )

    def put(self, docs: Sequence[Doc], vectors: Sequence[NDArray[np.float32] | None]) -> None:
        """See `Engine.put`. A point's id is made of the docid, which stands in the payload."""
        points = [self._point(doc, vector) for doc, vector in zip(docs, vectors, strict=True)]
        self._call(lambda client: client.upsert(self._source.index, points, wait=True))

    def finish(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Close the client; local mode gives its folder free."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _point(self, doc: Doc, vector: NDArray[np.float32] | None) -> models.PointStruct:
        named = self._source.fields
        payload: dict[str, Any] = {named.docid: doc.docid, named.text: doc.text}
        payload |= {named.title: doc.title} if named.title else {}
        payload |= {name: doc.metadata[name] for name in named.metadata if name in doc.metadata}
        vectors: dict[str, Any] = {WORDS: models.SparseVector(**sparse_passage(doc.content))}
        if named.vector and vector is not None:
            vectors[named.vector] = vector.tolist()
        return models.PointStruct(id=_point_id(doc.docid), vector=vectors, payload=payload)

    def _client(self) -> QdrantClient:
        if self._opened is None:
            parts = urlsplit(self._source.address)
            if parts.scheme == "file":
                self._opened = QdrantClient(path=url2pathname(parts.path))
            else:
                self._opened = QdrantClient(
                    url=self._source.address,
                    # urls without a port mean Qdrant's own in the client
                    port=parts.port or (443 if parts.scheme == "https" else 6333),
                    headers={"api-key": self._key} if self._key else None,
                    timeout=max(1, round(self._source.timeout)),
                    check_compatibility=False,
                    transport=open_transport("httpx", self._source.timeout, self._key),
                )
        return self._opened

    def _call(self, send: Callable[[QdrantClient], Reply]) -> Reply:
        reply: Reply = advised(self._source, lambda: self._provider.call(lambda seconds: self._once(send)))
        return reply

    def _once(self, send: Callable[[QdrantClient], Reply]) -> Reply:
        """What the client returns; its errors are those of the project's door. Local mode has ValueErrors."""
        try:
            return send(self._client())
        except UnexpectedResponse as error:
            text = "" if error.status_code in (401, 403) else service_text(error.content, self._key)
            raise RefusedError(error.status_code or 500, dict(error.headers), text, final=False) from None
        except ResourceExhaustedResponse as error:
            raise RefusedError(429, {"retry-after": str(error.retry_after_s)}, "", final=False) from None
        except ResponseHandlingException as error:
            raise error.source from None
        except (ValueError, KeyError, RuntimeError) as error:
            problem = self._local_problem(error)
        raise problem

    def _local_problem(self, error: Exception) -> ProviderError:
        line = (str(error).splitlines() or [type(error).__name__])[0][:200]
        return failed(self._source, f"does not accept the request ({line})", "Check the collection and the template.")


def _point_id(docid: str) -> str:
    return str(uuid.uuid5(_IDS, docid))
