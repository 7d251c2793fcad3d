"""Bi-encoders: query and passage are encoded apart, the score is the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.rerankers.tokens import passage_limit
from rerank_core.rerankers.vector_memory import VectorMemory

_MEMORY = 256 * 2**20


class BiEncoder:
    """A sentence-transformers SentenceTransformer as a reranker; passage vectors stay in memory (up to 256 MiB)."""

    def __init__(self, model: Any, batch_size: int) -> None:
        self._model, self.batch_size = model, batch_size
        self._passages = VectorMemory(self._encode, lambda vector: int(vector.nbytes), _MEMORY)
        self.limit = passage_limit(model)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Cosines, from -1 to 1."""
        import numpy as np

        if not texts:
            return []
        vector = self._model.encode_query([query], normalize_embeddings=True, show_progress_bar=False)[0]
        cosines = np.stack(self._passages.vectors(texts)) @ vector
        return [float(cosine) for cosine in cosines]

    def _encode(self, texts: list[str]) -> list[Any]:
        return list(
            self._model.encode_document(
                texts, normalize_embeddings=True, show_progress_bar=False, batch_size=self.batch_size
            )
        )


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> BiEncoder:
    """A bi-encoder from a local folder."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(folder),
        device=device,
        local_files_only=True,
        trust_remote_code=settings.get("trust_remote_code", False),
        model_kwargs={"dtype": getattr(torch, settings["precision"])},
    )
    if settings["max_length"] is not None:
        model.max_seq_length = min(settings["max_length"], model.max_seq_length)
    return BiEncoder(model, batch_size=16 if device == "cpu" else 128)
