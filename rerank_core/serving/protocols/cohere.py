"""Cohere's rerank, version 2 and version 1. Reference: docs.cohere.com/reference/rerank, and rerank-v1.

What speaks Cohere's version 1 at that address, as Jina and Voyage do, finds its own fields in the answer too.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from rerank_core.serving.asked import TEXT_FIELDS, Asked, asked
from rerank_core.serving.protocols.jina import results, usage
from rerank_core.serving.protocols.shape import Count, Document, Fields, Reply, Shape


class CohereV2Fields(Fields):
    """`model` is not looked at: this server has one system. Documents may be objects too, see its paper."""

    model: str | None = None
    query: str
    documents: list[Document]
    top_n: Count | None = None
    return_documents: bool | None = None
    max_tokens_per_doc: Count | None = None
    priority: int | None = None


class CohereV1Fields(Fields):
    """`rank_fields`: the fields of an object that are read. `top_k` and `truncation`: Voyage's."""

    model: str | None = None
    query: str
    documents: list[Document]
    top_n: Count | None = None
    top_k: Count | None = None
    rank_fields: list[str] | None = Field(default=None, min_length=1, max_length=50)
    return_documents: bool | None = None
    max_chunks_per_doc: Count | None = None
    truncation: bool | None = None


class CohereV2(Shape):
    """POST /v2/rerank."""

    name, fields, invalid, version = "cohere-v2", CohereV2Fields, 400, "2"

    def asked(self, given: Any) -> Asked:
        """See `Shape.asked`."""
        return asked(given.query, given.documents, warnings=_unheard(given, "max_tokens_per_doc"))

    def answer(self, given: Any, reply: Reply) -> dict[str, Any]:
        """Cohere's answer; `meta.rerank_lens` is ours."""
        meta: dict[str, Any] = {"api_version": {"version": self.version}, "rerank_lens": reply.facts}
        if reply.warnings:
            meta["warnings"] = list(reply.warnings)
        return {"id": reply.request, "results": results(reply, given.return_documents), "meta": meta}

    def error(self, status: int, message: str) -> dict[str, Any]:
        """See `Shape.error`."""
        return {"message": message}


class CohereV1(CohereV2):
    """POST /v1/rerank: Cohere's version 1, and what Jina and Voyage have at the same address."""

    name, fields, version = "cohere-v1", CohereV1Fields, "1"  # type: ignore[assignment]

    def asked(self, given: Any) -> Asked:
        """See `Shape.asked`."""
        read = [] if given.rank_fields in (None, *([name] for name in TEXT_FIELDS)) else given.rank_fields
        return asked(given.query, given.documents, read=read, warnings=_unheard(given, "max_chunks_per_doc"))

    def top(self, given: Any) -> int | None:
        """See `Shape.top`."""
        top: int | None = given.top_n or given.top_k
        return top

    def answer(self, given: Any, reply: Reply) -> dict[str, Any]:
        """Cohere's answer, with `model` and `usage` as Jina has them, and Voyage's `data` where its fields are used."""
        body = super().answer(given, reply) | {"model": reply.system, "object": "list", "usage": usage()}
        return body | ({"data": body["results"]} if {"top_k", "truncation"} & given.model_fields_set else {})

    def error(self, status: int, message: str) -> dict[str, Any]:
        """See `Shape.error`."""
        return {"message": message, "detail": message}


def _unheard(given: Fields, name: str) -> tuple[str, ...]:
    if getattr(given, name) is None:
        return ()
    return (f"{name} is not used: the system reads as much of a document as in the comparison",)
