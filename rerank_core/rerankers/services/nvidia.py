"""NVIDIA's reranking NIM. Reference: docs.nvidia.com/nim/nemo-retriever/text-reranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rerank_core.rerankers.services.rerank_http import HttpRerank, server_post

TRUNCATE = ("END", "NONE")


def open_api(source: str, settings: Mapping[str, Any]) -> HttpRerank:
    """The server at `base_url`, at its /ranking address: scores are logits and come one pair at a time.

    Raises NotReadyError where its key is named and not set.
    """
    model, truncate = settings["model"], settings["truncate"]

    def body(query: str, texts: list[str]) -> dict[str, Any]:
        passages = [{"text": text} for text in texts]
        return {"model": model, "query": {"text": query}, "passages": passages, "truncate": truncate}

    return HttpRerank(server_post(settings, "ranking"), body, settings["batch_size"])
