"""Bi-encoders: query and passage are encoded apart, the score is the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.local.passage_memory import Kept, VectorMemory, VectorShelf, finite
from rerank_core.rerankers.tokens import passage_limit

_MEMORY = 256 * 2**20


class BiEncoder(Scorer):
    """A sentence-transformers SentenceTransformer as a reranker; passage vectors are kept, rounded to float16.

    They lie in the store of `kept`, where dense retrieval by the same model may have put them, else in memory (up to
    256 MiB). Scores are those of the rounded vectors, new or kept, as dense retrieval's are.
    """

    def __init__(self, model: Any, batch_size: int, kept: Kept | None = None) -> None:
        self._model, self.batch_size = model, batch_size
        shelf = None if kept is None else VectorShelf(kept)
        self._passages: VectorMemory[Any] = VectorMemory(
            self._encode, lambda vector: int(vector.nbytes), _MEMORY, shelf
        )
        self.limit = passage_limit(model)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Cosines, from -1 to 1."""
        import numpy as np

        if not texts:
            return []
        vector = self._model.encode_query([query], normalize_embeddings=True, show_progress_bar=False)[0]
        # rounding has moved the lengths a little; one by one, so that no score depends on the others of its call
        passages = ((row, float(np.linalg.norm(row)) or 1.0) for row in self._passages.vectors(texts))
        return [float(row @ vector) / length for row, length in passages]

    def _encode(self, texts: list[str]) -> list[Any]:
        import numpy as np

        vectors = self._model.encode_document(
            texts, normalize_embeddings=True, show_progress_bar=False, batch_size=self.batch_size
        )
        return list(finite(np.asarray(vectors)).astype(np.float16).astype(np.float32))


def open_model(
    family: str, folder: Path, settings: Mapping[str, Any], device: str, kept: Kept | None = None
) -> BiEncoder:
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
    return BiEncoder(model, 16 if device == "cpu" else 128, kept)
