"""A service that makes vectors, as an encoder: opened at the first text, its answers checked before they are kept."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Protocol

from rerank_core.rerankers.services.batches import batches
from rerank_core.rerankers.services.provider import Provider
from rerank_core.retrieval.analysis import encodable
from rerank_core.retrieval.dense_model import COHERE, OPENAI, VOYAGE, DenseModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Side = Literal["query", "passage"]
TIMEOUT = 60.0
"""Seconds for one attempt."""
# texts and characters in one request. A character is at most about a token: OpenAI takes 2,048 texts and 300,000
# tokens, Cohere 96 texts and 128,000 tokens, Voyage 1,000 texts and 120,000 tokens (of its larger models); a server of
# one's own usually 32 texts (Text Embeddings Inference)
LIMITS = {OPENAI: (2048, 300_000), COHERE: (96, 128_000), VOYAGE: (1000, 120_000)}
OWN_SERVER = (32, 300_000)


class Connection(Protocol):
    """An open line to one service."""

    @property
    def provider(self) -> Provider:
        """What bounds, repeats and counts the calls."""

    def embed(self, texts: list[str], side: Side) -> list[Any]:
        """What the service gave for each text, in their order. Raises ProviderError."""

    def close(self) -> None:
        """Close the line."""


class ServiceEncoder:
    """One model of a service. Safe for several threads. Every answer has unit vectors of one and the same length."""

    def __init__(self, model: DenseModel) -> None:
        """Nothing is opened yet, and no key is read."""
        self.model = model
        self._query, self._passage = (prefix or "" for prefix in model.prefixes)
        self._most, self._characters = limits(model)
        self._connection: Connection | None = None
        self._width: int | None = None
        self._lock = Lock()
        # not the query's prefix: passages that are embedded and paid for are not embedded again for another one
        parts = json.dumps([model.service, model.base_url, model.model, self._passage])
        slug = re.sub(r"[^A-Za-z0-9.-]+", "-", model.model).strip(".-")[:40] or "model"
        self.key = f"{model.service}-{slug}-{hashlib.sha256(parts.encode()).hexdigest()[:16]}"

    @property
    def batch_size(self) -> int:
        """See `Encoder.batch_size`."""
        return self._most

    @property
    def note(self) -> str:
        """See `Encoder.note`."""
        return ""

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Encoder.encode_documents`. Raises NotReadyError without a key, ProviderError."""
        return self._encode([self._passage + text for text in texts], "passage")

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """See `Encoder.encode_query`. Raises NotReadyError without a key, ProviderError."""
        vector: NDArray[np.float32] = self._encode([self._query + text], "query")[0]
        return vector

    def usage(self) -> dict[str, float]:
        """What was used since the last call of this: requests, retries, tokens."""
        return self._connection.provider.usage() if self._connection is not None else {}

    def close(self) -> None:
        """Close the connections; the next text opens them again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _encode(self, texts: Sequence[str], side: Side) -> NDArray[np.float32]:
        import numpy as np

        connection = self._open()
        parts = [
            self._checked(connection, connection.embed(batch, side), len(batch))
            for batch in batches([encodable(text) for text in texts], self._most, self._characters)
        ]
        return np.concatenate(parts)

    def _checked(self, connection: Connection, rows: list[Any], count: int) -> NDArray[np.float32]:
        """The rows as unit vectors. Raises ProviderError for what is none."""
        import numpy as np

        malformed = connection.provider.malformed
        if len(rows) != count:
            raise malformed(f"gave {len(rows)} vectors for {count} texts")
        try:
            vectors = np.asarray(rows, dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            raise malformed("gave vectors of several lengths, or with values that are no numbers") from None
        if vectors.ndim != 2 or not vectors.shape[1]:
            raise malformed("gave an answer that is no list of vectors")
        if not np.isfinite(vectors).all():
            raise malformed("gave a vector with values that are no finite numbers")
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not norms.all():
            raise malformed("gave a vector of zeros, which is like nothing")
        with self._lock:
            self._width = self._width or vectors.shape[1]
        if vectors.shape[1] != self._width:
            raise malformed(f"gave vectors of {vectors.shape[1]:,} numbers, where those before had {self._width:,}")
        return np.asarray(vectors / norms, dtype=np.float32)

    def _open(self) -> Connection:
        with self._lock:
            if self._connection is None:
                self._connection = _connect(self.model)
            return self._connection


def limits(model: DenseModel) -> tuple[int, int]:
    """(texts, characters) that go into one request."""
    own = model.service == OPENAI and model.address
    return OWN_SERVER if own else LIMITS[model.service]


def _connect(model: DenseModel) -> Connection:
    if model.service == COHERE:
        from rerank_core.retrieval.embedding_services.cohere import CohereEmbeddings

        return CohereEmbeddings(model, TIMEOUT)
    from rerank_core.retrieval.embedding_services.embeddings_http import EmbeddingsHttp

    return EmbeddingsHttp(model, TIMEOUT)
