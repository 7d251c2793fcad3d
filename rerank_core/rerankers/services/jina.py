"""Jina's rerankers over HTTP. Reference: api.jina.ai/docs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rerank_core.rerankers.services.rerank_http import HttpRerank, vendor_post

KEYS = ("JINA_API_KEY",)
_MOST = 100


def open_api(source: str, settings: Mapping[str, Any]) -> HttpRerank:
    """The model `source` of Jina. Raises NotReadyError where no key is set.

    Version 3 reads all passages of a request in one window, so that a score says something only beside the other scores
    of its request (arXiv 2509.25085); the versions before it score pairs.
    """

    def body(query: str, texts: list[str]) -> dict[str, Any]:
        return {"model": source, "query": query, "documents": texts, "return_documents": False}

    most = 0 if source.startswith("jina-reranker-v3") else _MOST
    return HttpRerank(vendor_post("Jina", KEYS, settings), body, most)
