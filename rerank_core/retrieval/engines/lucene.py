"""What OpenSearch and Elasticsearch have in common: their searches, mappings and bulk requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rerank_core.errors import SettingsError
from rerank_core.retrieval.engines.door import Door
from rerank_core.retrieval.engines.engine import Asked, Column, Hit, at, hits_of
from rerank_core.retrieval.engines.failures import KEPT, failed
from rerank_core.retrieval.engines.source import EngineSource
from rerank_core.retrieval.engines.template import Template
from rerank_core.types import Doc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ID = "_id"


class LuceneEngine:
    """The base of both. What differs are the vendors' clients: `_send` asks by them."""

    def __init__(self, source: EngineSource) -> None:
        self._source, self._door = source, Door(source)

    def indexes(self) -> list[str]:
        """The indexes that are not the cluster's own."""
        found = self._call("indexes")
        names = [str(row.get("index", "")) for row in found if isinstance(row, Mapping)]
        return sorted(name for name in names if name and not name.startswith("."))

    def columns(self, index: str) -> list[Column]:
        """The fields of the index's mapping, nested ones by their dotted path."""
        mappings = self._call("mapping", index=index)
        first: Any = next(iter(mappings.values()), {}) if isinstance(mappings, Mapping) else {}
        return list(_columns(at(first, "mappings.properties") or {}))

    def search(self, template: Template, asked: Asked) -> list[Hit]:
        """See `Engine.search`. A template is a search's body, or {"body": …, "params": {…}}."""
        filled = template.as_json(asked.as_json())
        if not isinstance(filled, dict):
            raise SettingsError(f"The template '{template.name}' is a JSON object.")
        body, params = (filled["body"], filled.get("params") or {}) if "body" in filled else (filled, {})
        answer = self._call("search", body=body, params=params)
        hits = at(answer, "hits.hits")
        if not isinstance(hits, list):
            raise self._door.unreadable("there is no list in hits.hits")
        lost = at(answer, "_shards.failed") or 0
        if answer.get("timed_out") or lost:
            why = f"{lost} of {at(answer, '_shards.total')} shards failed" if lost else "it ran out of time"
            raise failed(self._source, f"answered in part: {why}", f"Look at the cluster. {KEPT}", retryable=True)
        rows = ({**_mapping(hit.get("_source")), ID: hit.get(ID)} for hit in hits)
        scores = (_score(hit.get("_score")) for hit in hits)
        return hits_of(self._source, zip(rows, scores, strict=True), asked.k)

    def missing(self, docids: Sequence[str]) -> set[str]:
        """See `Engine.missing`."""
        answer = self._call("mget", ids=list(docids))
        return set(docids) - {str(row[ID]) for row in at(answer, "docs") or [] if row.get("found")}

    def create(self, dimensions: int) -> None:
        """See `Engine.create`."""
        if self._source.index not in self.indexes():
            self._call("create", body=self._mapping(dimensions))

    def put(self, docs: Sequence[Doc], vectors: Sequence[NDArray[np.float32] | None]) -> None:
        """See `Engine.put`; a passage that the engine does not take is an error that names it."""
        named = self._source.fields
        lines: list[dict[str, Any]] = []
        for doc, vector in zip(docs, vectors, strict=True):
            source: dict[str, Any] = {named.text: doc.text}
            source |= {named.title: doc.title} if named.title else {}
            source |= {name: doc.metadata[name] for name in named.metadata if name in doc.metadata}
            if named.docid != ID:
                source[named.docid] = doc.docid
            if named.vector and vector is not None:
                source[named.vector] = [float(value) for value in vector]
            lines += [{"index": {ID: doc.docid}}, source]
        answer = self._call("bulk", operations=lines)
        for item in at(answer, "items") or []:
            done: dict[str, Any] = next(iter(item.values()), {})
            if not 200 <= int(done.get("status", 0)) < 300:
                reason = at(done, "error.reason") or "no reason"
                raise failed(self._source, f"does not take '{done.get(ID)}' ({str(reason)[:200]})", KEPT)

    def finish(self) -> None:
        """Let what was put there be found."""
        self._call("refresh")

    def close(self) -> None:
        """Close the connections."""
        self._door.close()

    def _call(self, what: str, **values: Any) -> Any:
        return self._door.call(lambda: self._send(what, **values))

    def _send(self, what: str, **values: Any) -> Any:
        raise NotImplementedError

    def _mapping(self, dimensions: int) -> dict[str, Any]:
        raise NotImplementedError

    def _properties(self) -> dict[str, Any]:
        named = self._source.fields
        texts = {name: {"type": "text"} for name in (named.title, named.text) if name}
        ids = {named.docid: {"type": "keyword"}} if named.docid != ID else {}
        return {**texts, **ids}


def _columns(properties: Mapping[str, Any], before: str = "") -> Iterator[Column]:
    for name, about in properties.items():
        if not isinstance(about, Mapping):
            continue
        if isinstance(inner := about.get("properties"), Mapping):
            yield from _columns(inner, f"{before}{name}.")
        elif kind := about.get("type"):
            size = about.get("dims") or about.get("dimension") or 0
            yield Column(f"{before}{name}", str(kind), int(size) if "vector" in str(kind) else 0)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _score(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def joined(path_prefix: str, target: str, params: str = "") -> str:
    """A request's target, with the address's own path before it."""
    return f"{path_prefix.rstrip('/')}{target}" + (f"?{params}" if params else "")


def as_lines(operations: Sequence[Mapping[str, Any]]) -> str:
    """A bulk request's body: one JSON object per line."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in operations)
