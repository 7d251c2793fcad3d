"""Contextual AI's rerankers over HTTP. Reference: docs.contextual.ai/how-to-guides/rerank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rerank_core.rerankers.services.answers import in_order, scored_rows
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import endpoint

KEYS = ("CONTEXTUAL_API_KEY",)
# no limit was found in the documentation: a cautious one
_MOST = 100


class Contextual(RerankService):
    """One of Contextual AI's rerankers; the instruction is a field of its own, and empty is not sent."""

    chunk = _MOST

    def __init__(self, post: JsonPost, provider: Provider, model: str, instruction: str) -> None:
        super().__init__(provider, post.close)
        self._post, self._asked = post, {"model": model} | ({"instruction": instruction} if instruction else {})

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Relevance scores."""
        return [score for batch in batches(texts, _MOST) for score in self._batch(query, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        answer = self._post({**self._asked, "query": query, "documents": texts})
        return in_order(self._provider, scored_rows(self._provider, answer), len(texts))


def open_api(source: str, settings: Mapping[str, Any]) -> Contextual:
    """The model `source` of Contextual AI. Raises NotReadyError where no key is set."""
    key = key_from(KEYS)
    provider = Provider("Contextual AI", settings["timeout"])
    return Contextual(
        JsonPost(provider, endpoint(settings["base_url"]), key), provider, source, settings["instruction"]
    )
