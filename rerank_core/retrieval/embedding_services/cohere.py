"""Cohere's Embed through Cohere's own library. Reference: docs.cohere.com/reference/embed."""

from __future__ import annotations

import json
import re
from typing import Any

from rerank_core.errors import NotReadyError
from rerank_core.rerankers.services.http_door import open_client
from rerank_core.rerankers.services.provider import Provider, key_from
from rerank_core.rerankers.services.refusal import refusal
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.embedding_services.service_encoder import Side

PATH = "/v2/embed"
_SIDES = {"query": "search_query", "passage": "search_document"}


class CohereEmbeddings:
    """One of Cohere's models; what is too long is cut at its end, as the library's default says."""

    def __init__(self, model: DenseModel, timeout: float) -> None:
        """Raises NotReadyError where no key is set, or the library is missing."""
        self._key = key_from(model.keys)
        try:
            import cohere
        except ImportError as error:
            raise NotReadyError('Cohere\'s library is missing: pip install "rerank-lens[cohere]"') from error
        self.provider, self._model = Provider("Cohere", timeout), model.model
        # the library joins the end to the address itself
        base = re.sub(r"/v\d+$", "", model.base_url.rstrip("/").removesuffix("/embed"))
        self._url = base + PATH
        http = open_client("httpx", timeout, self._key)
        self.close = http.close
        self._client = cohere.ClientV2(
            api_key=self._key,
            base_url=base,
            timeout=timeout,
            max_retries=0,
            httpx_client=http,
        )

    def embed(self, texts: list[str], side: Side) -> list[Any]:
        """See `Connection.embed`."""

        def send(seconds: float) -> Any:
            from cohere.core.api_error import ApiError

            # retries are the door's, so that they are counted and bounded once
            options: Any = {"timeout_in_seconds": seconds, "max_retries": 0}
            try:
                return self._client.embed(
                    model=self._model,
                    texts=texts,
                    input_type=_SIDES[side],
                    embedding_types=["float"],
                    request_options=options,
                )
            except ApiError as error:
                status, headers, body = error.status_code, error.headers or {}, error.body
            content = body if isinstance(body, str) else json.dumps(body, default=str)
            raise refusal(status or 200, headers, content.encode(), self._url, self._key)

        answer = self.provider.call(send)
        rows = getattr(getattr(answer, "embeddings", None), "float_", None)
        if not isinstance(rows, list):
            raise self.provider.malformed("gave an answer that is no list of vectors")
        billed = getattr(getattr(answer, "meta", None), "billed_units", None)
        self.provider.count("tokens", getattr(billed, "input_tokens", None))
        return rows
