"""Voyage's rerankers over HTTP. Reference: docs.voyageai.com/reference/reranker-api."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rerank_core.rerankers.services.lengths import estimated_limit
from rerank_core.rerankers.services.rerank_http import HttpRerank, vendor_post

KEYS = ("VOYAGE_API_KEY",)
# one request takes 1,000 documents and 600,000 tokens, the query counted for each document; a character is at most
# about a token, and requests are not what is paid for
_MOST = 1000
_CHARACTERS = 600_000
_PAIR = 32_000
_QUERY = 8_000


def open_api(source: str, settings: Mapping[str, Any]) -> HttpRerank:
    """The model `source` of Voyage: scores are about 0 to 1 and come one pair at a time.

    Its instruction has no field of its own: it goes before the query. Raises NotReadyError where no key is set.
    """

    def body(query: str, texts: list[str]) -> dict[str, Any]:
        return {"model": source, "query": query, "documents": texts, "truncation": True}

    post = vendor_post("Voyage", KEYS, settings)
    return HttpRerank(post, body, _MOST, _CHARACTERS, settings["instruction"], estimated_limit(_PAIR, _QUERY))
