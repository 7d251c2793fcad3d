"""Rerank services that are asked by a POST of JSON; among them any server of one's own with a /rerank address.

Text Embeddings Inference, vLLM, Infinity, and what speaks as Jina does. What one vendor's requests hold stands in a
file of its own beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.services.answers import count_tokens, in_order, scored_rows
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.lengths import NOTE
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import endpoint

PROTOCOLS = ("documents", "texts")
Body = Callable[[str, list[str]], dict[str, Any]]
"""A query and the texts of one request -> what is posted."""


class HttpRerank(RerankService):
    """A service that answers a posted query and texts with one score per text, on its own scale.

    `most`: so many texts go into one request; 0: all of a call, as a score holds only beside the others of its request.
    `most_characters`: nor more characters than that, with the query counted once per text. `instruction` is put before
    the query, on a line of its own. `limit`: an estimate, and people are told so where it cuts.
    """

    def __init__(
        self,
        post: JsonPost,
        body: Body,
        most: int,
        most_characters: int | None = None,
        instruction: str = "",
        limit: TokenLimit | None = None,
    ) -> None:
        super().__init__(post.provider, post.close)
        self._post, self._body, self._instruction = post, body, instruction
        self._most_characters = most_characters
        self.chunk, self.together, self.limit = most, most == 0, limit

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """The service's scores."""
        asked = f"{self._instruction}\n{query}" if self._instruction else query
        split = batches(texts, self.chunk or max(1, len(texts)), self._most_characters, beside=len(asked))
        return [score for batch in split for score in self._batch(asked, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        if self.limit is not None and any(self.limit.tokens_cut(query, texts)):
            self._provider.note(NOTE)
        answer = self._post(self._body(query, texts))
        scores = in_order(self._provider, scored_rows(self._provider, answer), len(texts))
        count_tokens(self._provider, answer)
        return scores


def vendor_post(vendor: str, keys: Sequence[str], settings: Mapping[str, Any]) -> JsonPost:
    """Posts to a vendor's /rerank address. Raises NotReadyError where none of its `keys` is set."""
    key = key_from(keys)
    return JsonPost(Provider(vendor, settings["timeout"]), endpoint(settings["base_url"]), key)


def server_post(settings: Mapping[str, Any], path: str = "rerank") -> JsonPost:
    """Posts to a server of one's own. Raises NotReadyError where its key is named and not set."""
    key = key_from([settings["key_variable"]] if settings["key_variable"] else [])
    provider = Provider(f"Server {urlsplit(settings['base_url']).netloc}", settings["timeout"])
    return JsonPost(provider, endpoint(settings["base_url"], path), key)


def open_api(source: str, settings: Mapping[str, Any]) -> HttpRerank:
    """The server at `base_url`; it must score pairs, because long lists are sent in batches.

    Raises NotReadyError where its key is named and not set.
    """
    body = _texts_body(settings) if settings["protocol"] == "texts" else _documents_body(settings)
    return HttpRerank(server_post(settings), body, settings["batch_size"])


def _texts_body(settings: Mapping[str, Any]) -> Body:
    raw = settings["raw_scores"]
    return lambda query, texts: {"query": query, "texts": texts, "raw_scores": raw, "truncate": True}


def _documents_body(settings: Mapping[str, Any]) -> Body:
    model = settings["model"]
    # -1: cut at the model's own length. Other servers than vLLM may refuse a field that they do not know
    cut = {"truncate_prompt_tokens": -1} if settings["truncate_prompt_tokens"] else {}
    # Xinference answers with an empty list where top_n is not said
    return lambda query, texts: {"model": model, "query": query, "documents": texts, "top_n": len(texts), **cut}
