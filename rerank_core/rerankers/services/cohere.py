"""Cohere's Rerank through Cohere's own library. Reference: docs.cohere.com/reference/rerank."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rerank_core.rerankers.family import TokenLimit
from rerank_core.rerankers.services.answers import in_order
from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.http_door import open_client
from rerank_core.rerankers.services.lengths import NOTE, estimated_limit
from rerank_core.rerankers.services.provider import Provider, RerankService, key_from
from rerank_core.rerankers.services.refusal import COHERE_PATH, cohere_endpoint, refusal
from rerank_core.types import Doc

KEYS = ("CO_API_KEY", "COHERE_API_KEY")
# the library's own default for max_tokens_per_doc, and the most tokens of a query
_PER_DOC = 4096
_QUERY = 2048
# Cohere advises against more documents in one request
_MOST = 1000


class Cohere(RerankService):
    """One of Cohere's rerankers; scores lie between 0 and 1 and come one pair at a time."""

    chunk = _MOST
    limit: TokenLimit

    def __init__(self, client: Any, provider: Provider, model: str, settings: Mapping[str, Any], key: str) -> None:
        super().__init__(provider, client._client_wrapper.httpx_client.httpx_client.close)
        self._client, self._model, self._key = client, model, key
        self._url = cohere_endpoint(settings["base_url"])
        self._per_doc = settings["max_tokens_per_doc"]
        self._structured = settings["structured"]
        self._fields = [name.strip() for name in settings["metadata_fields"].split(",") if name.strip()]
        self.limit = estimated_limit(self._per_doc or _PER_DOC, _QUERY)

    def document(self, doc: Doc) -> str:
        """What is sent of a passage: YAML where it has a title or a wanted field of metadata, else its text.

        Cohere asks for structured data as YAML (docs.cohere.com/docs/rerank-overview).
        """
        fields = {name: doc.metadata[name] for name in self._fields if name in doc.metadata}
        if not self._structured or not (doc.title or fields):
            return doc.content
        import yaml  # type: ignore[import-untyped]

        sent: dict[str, Any] = {"title": doc.title} if doc.title else {}
        sent["text"] = doc.text
        for name, value in fields.items():
            sent.setdefault(name, value if isinstance(value, str | int | float | bool) else str(value))
        return str(yaml.safe_dump(sent, sort_keys=False, allow_unicode=True, width=2**31))

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Relevance scores from 0 to 1."""
        return [score for batch in batches(texts, _MOST) for score in self._batch(query, batch)]

    def _batch(self, query: str, texts: list[str]) -> list[float]:
        if any(self.limit.tokens_cut(query, texts)):
            self._provider.note(NOTE)
        wanted = {} if self._per_doc is None else {"max_tokens_per_doc": self._per_doc}

        def send(seconds: float) -> Any:
            from cohere.core.api_error import ApiError

            # retries are the door's, so that they are counted and bounded once
            options = {"timeout_in_seconds": seconds, "max_retries": 0}
            try:
                return self._client.rerank(
                    model=self._model, query=query, documents=texts, request_options=options, **wanted
                )
            except ApiError as error:
                status, headers, body = error.status_code, error.headers or {}, error.body
            content = body if isinstance(body, str) else json.dumps(body, default=str)
            raise refusal(status or 200, headers, content.encode(), self._url, self._key)

        answer = self._provider.call(send)
        results = getattr(answer, "results", None)
        if not isinstance(results, list):
            raise self._provider.malformed("gave an answer that is no list of scores")
        # what was paid for is what Cohere says: search units, or tokens where it has gone over to them
        billed = getattr(getattr(answer, "meta", None), "billed_units", None)
        self._provider.count("search_units", getattr(billed, "search_units", None))
        self._provider.count("tokens", getattr(billed, "input_tokens", None))
        pairs = [(getattr(row, "index", None), getattr(row, "relevance_score", None)) for row in results]
        return in_order(self._provider, pairs, len(texts))


def open_api(source: str, settings: Mapping[str, Any]) -> Cohere:
    """The model `source` of Cohere. Raises NotReadyError where no key is set."""
    key = key_from(KEYS)
    import cohere

    # the library joins the end to the address itself
    base = cohere_endpoint(settings["base_url"]).removesuffix(COHERE_PATH)
    client = cohere.ClientV2(
        api_key=key,
        base_url=base,
        timeout=settings["timeout"],
        max_retries=0,
        httpx_client=open_client("httpx", settings["timeout"], key),
    )
    return Cohere(client, Provider("Cohere", settings["timeout"]), source, settings, key)
