"""Voyage's rerankers over HTTP. Reference: docs.voyageai.com/reference/reranker-api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.services.answers import count_tokens, in_order, scored_rows
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.lengths import NOTE, estimated_limit
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import endpoint

KEYS = ("VOYAGE_API_KEY",)
# one request takes 1,000 documents and 600,000 tokens, the query counted for each document; a character is at most
# about a token, and requests are not what is paid for
_MOST = 1000
_CHARACTERS = 600_000
_PAIR = 32_000
_QUERY = 8_000


class Voyage(RerankService):
    """One of Voyage's rerankers; scores come one pair at a time."""

    chunk = _MOST
    limit: TokenLimit

    def __init__(self, post: JsonPost, provider: Provider, model: str, instruction: str) -> None:
        super().__init__(provider, post.close)
        self._post, self._model, self._instruction = post, model, instruction
        self.limit = estimated_limit(_PAIR, _QUERY)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Relevance scores, about 0 to 1; the instruction goes before the query, on a line of its own."""
        asked = f"{self._instruction}\n{query}" if self._instruction else query
        split = batches(texts, _MOST, _CHARACTERS, beside=len(asked))
        return [score for batch in split for score in self._batch(asked, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        if any(self.limit.tokens_cut(query, texts)):
            self._provider.note(NOTE)
        answer = self._post({"model": self._model, "query": query, "documents": texts, "truncation": True})
        scores = in_order(self._provider, scored_rows(self._provider, answer), len(texts))
        count_tokens(self._provider, answer)
        return scores


def open_api(source: str, settings: Mapping[str, Any]) -> Voyage:
    """The model `source` of Voyage. Raises NotReadyError where no key is set."""
    key = key_from(KEYS)
    provider = Provider("Voyage", settings["timeout"])
    post = JsonPost(provider, endpoint(settings["base_url"]), key)
    return Voyage(post, provider, source, settings["instruction"])
