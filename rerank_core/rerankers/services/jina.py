"""Jina's rerankers over HTTP. Reference: api.jina.ai/docs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rerank_core.rerankers.services.answers import count_tokens, in_order, scored_rows
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import endpoint

KEYS = ("JINA_API_KEY",)
_MOST = 100


class Jina(RerankService):
    """One of Jina's rerankers.

    `together`: version 3 reads all passages of a request in one window, so that a score says something only beside the
    other scores of its request (arXiv 2509.25085); the versions before it score pairs.
    """

    def __init__(self, post: JsonPost, provider: Provider, model: str) -> None:
        super().__init__(provider, post.close)
        self._post, self._model = post, model
        self.together = model.startswith("jina-reranker-v3")
        self.chunk = 0 if self.together else _MOST

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Relevance scores."""
        most = max(1, len(texts)) if self.together else _MOST
        return [score for batch in batches(texts, most) for score in self._batch(query, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        answer = self._post({"model": self._model, "query": query, "documents": texts, "return_documents": False})
        scores = in_order(self._provider, scored_rows(self._provider, answer), len(texts))
        count_tokens(self._provider, answer)
        return scores


def open_api(source: str, settings: Mapping[str, Any]) -> Jina:
    """The model `source` of Jina. Raises NotReadyError where no key is set."""
    key = key_from(KEYS)
    provider = Provider("Jina", settings["timeout"])
    post = JsonPost(provider, endpoint(settings["base_url"]), key)
    return Jina(post, provider, source)
