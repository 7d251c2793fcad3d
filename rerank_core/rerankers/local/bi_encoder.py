"""Bi-encoders: query and passage are encoded apart, the score is the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.local.passage_memory import Kept, VectorMemory, VectorShelf, finite
from rerank_core.rerankers.tokens import passage_limit

if TYPE_CHECKING:
    from rerank_core.inference.texts.text_engine import Texts
    from rerank_core.inference.texts.text_tokens import Task

_MEMORY = 256 * 2**20


class BiEncoder(Scorer):
    """A sentence-transformers SentenceTransformer as a reranker; passage vectors are kept, rounded to float16.

    They lie in the store of `kept`, where dense retrieval by the same model may have put them, else in memory (up to
    256 MiB). Scores are those of the rounded vectors, new or kept, as dense retrieval's are.
    """

    def __init__(self, model: Any, run: Texts, kept: Kept | None = None) -> None:
        self._run, self._dimensions, self.runs_as = run, model.truncate_dim, run.description
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
        vector = self._vectors([query], "query")[0]
        # rounding has moved the lengths a little; one by one, so that no score depends on the others of its call
        passages = ((row, float(np.linalg.norm(row)) or 1.0) for row in self._passages.vectors(texts))
        return [float(row @ vector) / length for row, length in passages]

    def notes(self) -> Sequence[str]:
        """What a person should know of how it runs."""
        return (self._run.note,) if self._run.note else ()

    def _encode(self, texts: list[str]) -> list[Any]:
        import numpy as np

        return list(finite(self._vectors(texts, "document")).astype(np.float16).astype(np.float32))

    def _vectors(self, texts: Sequence[str], task: Task) -> Any:
        from rerank_core.inference.texts.text_engine import unit_vectors, vectors

        return unit_vectors(vectors(self._run, texts, task, "sentence_embedding"), self._dimensions)


def open_model(
    family: str, folder: Path, settings: Mapping[str, Any], device: str, kept: Kept | None = None
) -> BiEncoder:
    """A bi-encoder from a local folder."""
    from sentence_transformers import SentenceTransformer

    from rerank_core.inference.texts.text_engine import open_texts

    model = SentenceTransformer(
        str(folder),
        device=device,
        local_files_only=True,
        trust_remote_code=settings.get("trust_remote_code", False),
        model_kwargs={"dtype": "float32"},
    )
    if settings["max_length"] is not None:
        model.max_seq_length = min(settings["max_length"], model.max_seq_length)
    return BiEncoder(model, open_texts(model, settings["precision"], device, "sentence_embedding"), kept)
