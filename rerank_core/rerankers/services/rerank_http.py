"""Rerank services that are asked by a POST of JSON; among them any server of one's own with a /rerank address.

Text Embeddings Inference, vLLM, Infinity, and what speaks as Jina does; one server, or several that serve one model.
What one vendor's requests hold stands in a file of its own beside this one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from rerank_core.errors import ProviderError
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


class RerankFarm(RerankService):
    """Equal servers behind one reranker. Each has at most `parallel` requests at a time.

    An address that cannot be reached, or has too many requests, gets no more of that call, and what it had is given to
    the others; that is told in a note. Whatever else a server answers fails the call, as it would with one address.
    """

    def __init__(self, members: Sequence[HttpRerank], parallel: int, most: int) -> None:
        """`members`: one for each address, at least one. `most`: texts of one request."""
        super().__init__(members[0].provider, lambda: None)
        self._members, self._parallel, self._most = tuple(members), parallel, most
        # so much that each lane has a batch; what is scored is kept after each of these
        self.chunk = most * parallel * len(members)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """The servers' scores, in the order of the texts. Raises ProviderError."""
        parts = list(batches(texts, self._most))
        lanes = _Lanes(self._members, self._parallel)
        if len(parts) < 2:
            return [score for part in parts for score in lanes.score(query, part)]
        pool = ThreadPoolExecutor(min(len(parts), self._parallel * len(self._members)), thread_name_prefix="farm")
        try:
            found = list(pool.map(lambda part: lanes.score(query, part), parts))
        finally:
            pool.shutdown(cancel_futures=True)
        return [score for part in found for score in part]

    def usage(self) -> dict[str, float]:
        """What was used at all addresses since the last call of this."""
        total: dict[str, float] = {}
        for member in self._members:
            for name, amount in member.usage().items():
                total[name] = total.get(name, 0.0) + amount
        return total

    def notes(self) -> tuple[str, ...]:
        """Lines of all addresses, each once."""
        return tuple(dict.fromkeys(note for member in self._members for note in member.notes()))

    def close(self) -> None:
        """Close the connections to all of them."""
        for member in self._members:
            member.close()


class _Lanes:
    """Who is free, in one call. Safe for several threads."""

    def __init__(self, members: Sequence[HttpRerank], parallel: int) -> None:
        self._members, self._parallel = members, parallel
        self._busy = dict.fromkeys(range(len(members)), 0)
        self._changed = threading.Condition()
        self._last: ProviderError | None = None

    def score(self, query: str, part: list[str]) -> list[float]:
        """The scores of one batch, by the first address that can."""
        while True:
            place = self._take()
            try:
                scores = self._members[place].score(query, part)
            except ProviderError as error:
                self._give_back(place, error)
                if not error.retryable:
                    raise
                self._members[place].provider.note(f"Left out for a while: {str(error)[:160]}")
            except BaseException:
                self._give_back(place, None)
                raise
            else:
                self._give_back(place, None)
                return scores

    def _take(self) -> int:
        """The place of an address with a free request, the least busy one; waits for one. Raises ProviderError."""
        with self._changed:
            while True:
                if not self._busy and self._last is not None:
                    raise self._last
                free = [place for place, busy in self._busy.items() if busy < self._parallel]
                if free:
                    place = min(free, key=self._busy.__getitem__)
                    self._busy[place] += 1
                    return place
                self._changed.wait()

    def _give_back(self, place: int, error: ProviderError | None) -> None:
        with self._changed:
            if place in self._busy:
                self._busy[place] -= 1
            if error is not None:
                self._last = error
                self._busy.pop(place, None)
            self._changed.notify_all()


def vendor_post(vendor: str, keys: Sequence[str], settings: Mapping[str, Any]) -> JsonPost:
    """Posts to a vendor's /rerank address. Raises NotReadyError where none of its `keys` is set."""
    key = key_from(keys)
    return JsonPost(Provider(vendor, settings["timeout"]), endpoint(settings["base_url"]), key)


def server_post(settings: Mapping[str, Any], path: str = "rerank") -> JsonPost:
    """Posts to a server of one's own. Raises NotReadyError where its key is named and not set."""
    key = key_from([settings["key_variable"]] if settings["key_variable"] else [])
    provider = Provider(f"Server {urlsplit(settings['base_url']).netloc}", settings["timeout"])
    return JsonPost(provider, endpoint(settings["base_url"], path), key)


def open_api(source: str, settings: Mapping[str, Any]) -> RerankService:
    """The server at `base_url`, with those at `more_addresses`; they score pairs, as lists are sent in batches.

    Raises NotReadyError where its key is named and not set.
    """
    body = _texts_body(settings) if settings["protocol"] == "texts" else _documents_body(settings)
    addresses = dict.fromkeys([settings["base_url"], *settings["more_addresses"].split()])
    members = [
        HttpRerank(server_post({**settings, "base_url": one}), body, settings["batch_size"]) for one in addresses
    ]
    if len(members) == 1 and settings["parallel"] == 1:
        return members[0]
    return RerankFarm(members, settings["parallel"], settings["batch_size"])


def _texts_body(settings: Mapping[str, Any]) -> Body:
    raw = settings["raw_scores"]
    return lambda query, texts: {"query": query, "texts": texts, "raw_scores": raw, "truncate": True}


def _documents_body(settings: Mapping[str, Any]) -> Body:
    model = settings["model"]
    # -1: cut at the model's own length. Other servers than vLLM may refuse a field that they do not know
    cut = {"truncate_prompt_tokens": -1} if settings["truncate_prompt_tokens"] else {}
    # Xinference answers with an empty list where top_n is not said
    return lambda query, texts: {"model": model, "query": query, "documents": texts, "top_n": len(texts), **cut}
