"""Sparse encoders (SPLADE): query and passage become weights over the vocabulary, the score is their dot product.

Formal et al., SPLADE++, SIGIR 2022, doi 10.1145/3477495.3531857.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.local.passage_memory import Kept, PackedShelf, VectorMemory, finite
from rerank_core.rerankers.tokens import longest_input, passage_limit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rerank_core.inference.texts.text_engine import Texts
    from rerank_core.inference.texts.text_tokens import Task

_MEMORY = 128 * 2**20


class _Terms(NamedTuple):
    """The terms of a text that have a weight: token ids (int32) and weights (float16), both of shape (terms,)."""

    ids: Any
    weights: Any


class SparseTerms(Scorer):
    """A sentence-transformers SparseEncoder; passages' term weights are kept, rounded to float16.

    They lie in the store of `kept`, else in memory (up to 128 MiB). Scores are those of the rounded weights from the
    first time on.
    """

    def __init__(self, model: Any, run: Texts, kept: Kept | None = None) -> None:
        self._model, self._run, self.runs_as = model, run, run.description
        shelf = None if kept is None else PackedShelf(kept, _packed, _unpacked)
        self._passages: VectorMemory[_Terms] = VectorMemory(
            self._encode, lambda terms: int(terms.ids.nbytes + terms.weights.nbytes), _MEMORY, shelf
        )
        self.limit = passage_limit(model)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Dot products of term weights, 0 where query and passage share no term."""
        if not texts:
            return []
        weights = self._query(query)
        # float32 from the first product on: NumPy has no fast one of float16
        return [
            float(terms.weights.astype(weights.dtype) @ weights[terms.ids]) for terms in self._passages.vectors(texts)
        ]

    def contributions(self, query: str, text: str) -> list[tuple[str, float]]:
        """What each shared term adds to the score, the most first; they sum up to the score."""
        weights = self._query(query)
        terms = self._passages.vectors([text])[0]
        parts = terms.weights * weights[terms.ids]
        names = self._model.tokenizer.convert_ids_to_tokens(terms.ids.tolist())
        shared = [(name, float(part)) for name, part in zip(names, parts, strict=True) if part]
        return sorted(shared, key=lambda pair: (-pair[1], pair[0]))

    def _query(self, query: str) -> Any:
        """Dense weights over the vocabulary, shape (vocabulary,)."""
        return self._weights([query], "query")[0].numpy()

    def _weights(self, texts: Sequence[str], task: Task) -> list[Any]:
        import torch
        from sentence_transformers.util import select_max_active_dims

        from rerank_core.inference.texts.text_engine import vectors

        rows = torch.stack(vectors(self._run, texts, task, "sentence_embedding"))
        most = self._model.max_active_dims
        return list((rows if most is None else select_max_active_dims(rows, most)).cpu())

    def notes(self) -> Sequence[str]:
        """What a person should know of how it runs."""
        return (self._run.note,) if self._run.note else ()

    def _encode(self, texts: list[str]) -> list[_Terms]:
        import numpy as np
        import torch

        rows = self._weights(texts, "document")
        term_ids = [torch.nonzero(row).squeeze(1) for row in rows]
        return [
            _Terms(ids.numpy().astype(np.int32), finite(row[ids].numpy().astype(np.float16)))
            for row, ids in zip(rows, term_ids, strict=True)
        ]


def _packed(terms: _Terms) -> bytes:
    """The number of terms as int32, the ids, the weights, in the machine's byte order."""
    return len(terms.ids).to_bytes(4, sys.byteorder) + bytes(terms.ids.tobytes() + terms.weights.tobytes())


def _unpacked(data: NDArray[np.uint8]) -> _Terms:
    """The inverse of `_packed`: views of `data`, nothing is copied."""
    import numpy as np

    weights = 4 + 4 * int(data[:4].view(np.int32)[0])
    return _Terms(data[4:weights].view(np.int32), data[weights:].view(np.float16))


def open_model(
    family: str, folder: Path, settings: Mapping[str, Any], device: str, kept: Kept | None = None
) -> SparseTerms:
    """A sparse encoder from a local folder."""
    from sentence_transformers import SparseEncoder

    from rerank_core.inference.texts.text_engine import open_texts

    model = SparseEncoder(
        str(folder),
        device=device,
        local_files_only=True,
        trust_remote_code=settings.get("trust_remote_code", False),
        model_kwargs={"dtype": "float32"},
    )
    model.max_seq_length = longest_input(model.tokenizer, model[0].config, settings["max_length"])
    return SparseTerms(model, open_texts(model, settings["precision"], device, "sentence_embedding"), kept)
