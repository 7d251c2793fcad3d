"""NVIDIA's reranking NIM. Reference: docs.nvidia.com/nim/nemo-retriever/text-reranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rerank_core.rerankers.services.answers import count_tokens, in_order, scored_rows
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import endpoint

TRUNCATE = ("END", "NONE")


class NvidiaRanking(RerankService):
    """A reranker at a /ranking address; scores are logits and come one pair at a time."""

    def __init__(self, post: JsonPost, provider: Provider, settings: Mapping[str, Any]) -> None:
        super().__init__(provider, post.close)
        self._post = post
        self._model, self._truncate = settings["model"], settings["truncate"]
        self.chunk: int = settings["batch_size"]

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Logits."""
        return [score for batch in batches(texts, self.chunk) for score in self._batch(query, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        passages = [{"text": text} for text in texts]
        body = {"model": self._model, "query": {"text": query}, "passages": passages, "truncate": self._truncate}
        answer = self._post(body)
        scores = in_order(self._provider, scored_rows(self._provider, answer), len(texts))
        count_tokens(self._provider, answer)
        return scores


def open_api(source: str, settings: Mapping[str, Any]) -> NvidiaRanking:
    """The server at `base_url`. Raises NotReadyError where its key is named and not set."""
    key = key_from([settings["key_variable"]] if settings["key_variable"] else [])
    provider = Provider(f"Server {urlsplit(settings['base_url']).netloc}", settings["timeout"])
    return NvidiaRanking(JsonPost(provider, endpoint(settings["base_url"], "ranking"), key), provider, settings)
