"""Any server with a /rerank address: Text Embeddings Inference, vLLM, Infinity, and what speaks as Jina does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rerank_core.rerankers.services.answers import count_tokens, in_order, scored_rows
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import endpoint

PROTOCOLS = ("documents", "texts")


class HttpRerank(RerankService):
    """A reranker on a server of one's own; it must score pairs, because long lists are sent in batches."""

    def __init__(self, post: JsonPost, provider: Provider, settings: Mapping[str, Any]) -> None:
        super().__init__(provider, post.close)
        self._post = post
        self._model, self._raw = settings["model"], settings["raw_scores"]
        self._texts = settings["protocol"] == "texts"
        self._cut = settings["truncate_prompt_tokens"]
        self.chunk: int = settings["batch_size"]

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Scores on the server's own scale."""
        return [score for batch in batches(texts, self.chunk) for score in self._batch(query, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        answer = self._post(self._body(query, texts))
        scores = in_order(self._provider, scored_rows(self._provider, answer), len(texts))
        count_tokens(self._provider, answer)
        return scores

    def _body(self, query: str, texts: list[str]) -> dict[str, Any]:
        if self._texts:
            return {"query": query, "texts": texts, "raw_scores": self._raw, "truncate": True}
        # -1: cut at the model's own length. Other servers than vLLM may refuse a field that they do not know
        cut = {"truncate_prompt_tokens": -1} if self._cut else {}
        # Xinference answers with an empty list where top_n is not said
        return {"model": self._model, "query": query, "documents": texts, "top_n": len(texts), **cut}


def open_api(source: str, settings: Mapping[str, Any]) -> HttpRerank:
    """The server at `base_url`. Raises NotReadyError where its key is named and not set."""
    key = key_from([settings["key_variable"]] if settings["key_variable"] else [])
    provider = Provider(f"Server {urlsplit(settings['base_url']).netloc}", settings["timeout"])
    post = JsonPost(provider, endpoint(settings["base_url"]), key)
    return HttpRerank(post, provider, settings)
