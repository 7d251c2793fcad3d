"""The rerank of Jina, Voyage, vLLM, Infinity and others: `documents` in, `results` (Voyage: `data`) out.

Reference: api.jina.ai/redoc, docs.voyageai.com/reference/reranker-api, docs.vllm.ai (pooling models).
"""

from __future__ import annotations

from typing import Any

from rerank_core.serving.asked import Asked, asked
from rerank_core.serving.protocols.shape import Count, Document, Fields, Reply, Shape


class JinaFields(Fields):
    """`model` is not looked at. `top_k` and `truncation`: Voyage's; `truncate_prompt_tokens`: vLLM's, not used."""

    model: str | None = None
    query: str
    documents: list[Document]
    top_n: Count | None = None
    top_k: Count | None = None
    return_documents: bool | None = None
    truncation: bool | None = None
    truncate_prompt_tokens: int | None = None


class Jina(Shape):
    """POST /rerank with `documents`."""

    name, fields = "documents", JinaFields

    def asked(self, given: Any) -> Asked:
        """See `Shape.asked`."""
        return asked(given.query, given.documents)

    def top(self, given: Any) -> int | None:
        """See `Shape.top`."""
        top: int | None = given.top_n or given.top_k
        return top

    def answer(self, given: Any, reply: Reply) -> dict[str, Any]:
        """The answer; `data` in place of `results` where Voyage's fields are used. `rerank_lens` is ours."""
        name = "data" if {"top_k", "truncation"} & given.model_fields_set else "results"
        body = {"id": reply.request, "object": "list", "model": reply.system, "usage": usage()}
        told = reply.facts | ({"warnings": list(reply.warnings)} if reply.warnings else {})
        return body | {name: results(reply, given.return_documents), "rerank_lens": told}

    def error(self, status: int, message: str) -> dict[str, Any]:
        """See `Shape.error`."""
        return {"detail": message}


def results(reply: Reply, with_documents: bool | None) -> list[dict[str, Any]]:
    """One object per place, best first: index, relevance_score, and the document where that is wanted."""
    rows: list[dict[str, Any]] = []
    for place in reply.places:
        row: dict[str, Any] = {"index": place.index, "relevance_score": place.score}
        if with_documents:
            row["document"] = {"text": reply.asked.docs[place.index].content}
        rows.append(row)
    return rows


def usage() -> dict[str, int]:
    """Nothing is billed; clients want the field."""
    return {"total_tokens": 0}
