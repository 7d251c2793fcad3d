"""Services that are asked by a POST to an address that ends in /embeddings: OpenAI, what speaks as it does, and Voyage.

References: platform.openai.com/docs/api-reference/embeddings, docs.voyageai.com/reference/embeddings-api. Voyage's own
library sends through `requests`, which follows redirects and bounds no answer, so that it is asked through our door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rerank_core.rerankers.services.answers import count_tokens
from rerank_core.rerankers.services.json_post import JsonPost
from rerank_core.rerankers.services.provider import Provider, key_from
from rerank_core.rerankers.services.refusal import endpoint
from rerank_core.retrieval.dense_model import ADDRESSES, OPENAI, VOYAGE, DenseModel
from rerank_core.retrieval.embedding_services.service_encoder import Side

_VOYAGE_SIDES = {"query": "query", "passage": "document"}
_VENDORS = {OPENAI: "OpenAI", VOYAGE: "Voyage"}


class EmbeddingsHttp:
    """Posts {"model", "input"} and reads {"data": [{"index", "embedding"}]}, in any order."""

    def __init__(self, model: DenseModel, timeout: float) -> None:
        """Raises NotReadyError where the model needs a key and none is set."""
        key = key_from(model.keys)
        own = model.service == OPENAI and model.base_url != ADDRESSES[OPENAI]
        vendor = f"Server {urlsplit(model.base_url).netloc}" if own else _VENDORS[model.service]
        self.provider = Provider(vendor, timeout)
        self._post = JsonPost(self.provider, endpoint(model.base_url, "embeddings"), key)
        self._model = model

    def embed(self, texts: list[str], side: Side) -> list[Any]:
        """See `Connection.embed`."""
        body: dict[str, Any] = {"model": self._model.model, "input": texts}
        if self._model.service == VOYAGE:
            # what is too long is cut, as it would be by a local model
            body |= {"input_type": _VOYAGE_SIDES[side], "truncation": True}
        else:
            body["encoding_format"] = "float"
        answer = self._post(body)
        rows = _in_order(self.provider, answer, len(texts))
        count_tokens(self.provider, answer)
        return rows

    def close(self) -> None:
        """See `Connection.close`."""
        self._post.close()


def _in_order(provider: Provider, answer: Any, count: int) -> list[Any]:
    """The vectors by their index. Raises ProviderError for one that is missing, repeated or was not asked for."""
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, list) or not all(isinstance(row, Mapping) for row in data):
        raise provider.malformed("gave an answer that is no list of vectors")
    vectors: dict[int, Any] = {}
    for row in data:
        index = row.get("index")
        if type(index) is not int or not 0 <= index < count or index in vectors:
            raise provider.malformed(f"gave a vector for a text {index!r} that is repeated or was not sent")
        vectors[index] = row.get("embedding")
    if len(vectors) != count:
        raise provider.malformed(f"gave {len(vectors)} vectors for {count} texts")
    return [vectors[index] for index in range(count)]
