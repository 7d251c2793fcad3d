"""Contextual AI's rerankers over HTTP. Reference: docs.contextual.ai/how-to-guides/rerank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rerank_core.rerankers.services.rerank_http import HttpRerank, vendor_post

KEYS = ("CONTEXTUAL_API_KEY",)
# no limit was found in the documentation: a cautious one
_MOST = 100


def open_api(source: str, settings: Mapping[str, Any]) -> HttpRerank:
    """The model `source` of Contextual AI. Raises NotReadyError where no key is set."""
    # the instruction is a field of its own, and is not sent where it is empty
    instruction = {"instruction": settings["instruction"]} if settings["instruction"] else {}

    def body(query: str, texts: list[str]) -> dict[str, Any]:
        return {"model": source, **instruction, "query": query, "documents": texts}

    return HttpRerank(vendor_post("Contextual AI", KEYS, settings), body, _MOST)
