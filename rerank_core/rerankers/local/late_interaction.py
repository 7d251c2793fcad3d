"""Late interaction: every token has a vector; each query token counts its best match in the passage (MaxSim).

Khattab and Zaharia, ColBERT, SIGIR 2020, doi 10.1145/3397271.3401075:
score(q, d) = sum over tokens i of q of the maximum over tokens j of d of q_i . d_j
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.rerankers.family import Alignment, Scorer, TokenLimit
from rerank_core.rerankers.local.passage_memory import Kept, PackedShelf, VectorMemory, finite
from rerank_core.rerankers.local.token_vectors import TokenVectors, packed, rounded, similarities, unpacked
from rerank_core.rerankers.tokens import counter, positions

if TYPE_CHECKING:
    from rerank_core.inference.texts.text_engine import Texts
    from rerank_core.inference.texts.text_tokens import Task

_MEMORY = 512 * 2**20


class LateInteraction(Scorer):
    """A sentence-transformers MultiVectorEncoder; passages' token vectors are kept, rounded to `kind` (`TYPES`).

    They lie in the store of `kept`, else in memory (up to 512 MiB). Scores are those of the rounded vectors from the
    first time on.
    """

    def __init__(self, model: Any, run: Texts, kind: str = "float32", kept: Kept | None = None) -> None:
        self._model, self._run, self._kind, self.runs_as = model, run, kind, run.description
        shelf = None if kept is None else shelf_of(kept, kind)
        self._passages: VectorMemory[TokenVectors] = VectorMemory(
            self._encode, lambda vectors: vectors.nbytes, _MEMORY, shelf
        )
        empty = model.preprocess([""], prompt=model.prompts.get("document"), task="document")
        longest = model[0].document_length or model.max_seq_length
        self.limit = TokenLimit(longest, int(empty["input_ids"].shape[1]), counter(model.tokenizer), query_shares=False)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """MaxSim sums. A passage without any token to match scores 0."""
        if not texts:
            return []
        # (query tokens, dimensions)
        query_vectors = self._query(query)
        # one product per passage: faster than one for all, which would first copy them side by side
        parts = (similarities(query_vectors, passage) for passage in self._passages.vectors(texts))
        return [float(part.amax(dim=1).sum()) if part.shape[1] else 0.0 for part in parts]

    def align(self, query: str, text: str) -> Alignment:
        """The similarities of all token pairs of one query and one passage."""
        pairs = similarities(self._query(query), self._passages.vectors([text])[0])
        rows = tuple(tuple(float(value) for value in row) for row in pairs)
        return Alignment(self._tokens(query, "query"), self._tokens(text, "document"), rows)

    def _query(self, query: str) -> Any:
        return self._vectors([query], "query")[0]

    def _encode(self, texts: list[str]) -> list[TokenVectors]:
        return [rounded(finite(vectors), self._kind) for vectors in self._vectors(texts, "document")]

    def _vectors(self, texts: Sequence[str], task: Task) -> list[Any]:
        from rerank_core.inference.texts.text_engine import vectors

        return [one.cpu() for one in vectors(self._run, texts, task, "token_embeddings")]

    def notes(self) -> Sequence[str]:
        """What a person should know of how it runs."""
        return (self._run.note,) if self._run.note else ()

    def _tokens(self, text: str, task: Task) -> tuple[str, ...]:
        """The tokens that have a vector, as the model's vocabulary writes them."""
        features = self._run.encode([text], task, ("input_ids", "attention_mask"))[0]
        ids = features["input_ids"][features["attention_mask"].bool()]
        return tuple(self._model.tokenizer.convert_ids_to_tokens(ids.tolist()))


def shelf_of(kept: Kept, kind: str) -> PackedShelf[TokenVectors]:
    """Where the token vectors of passages lie, rounded to `kind`."""
    return PackedShelf(kept, packed, lambda data: unpacked(data, kind))


def open_model(
    family: str, folder: Path, settings: Mapping[str, Any], device: str, kept: Kept | None = None
) -> LateInteraction:
    """A late-interaction model from a local folder; a plain bi-encoder's token vectors where it is none."""
    from sentence_transformers import MultiVectorEncoder

    from rerank_core.inference.texts.text_engine import open_texts

    options: dict[str, Any] = {
        "local_files_only": True,
        "trust_remote_code": settings.get("trust_remote_code", False),
    }
    if is_bi_encoder(folder):
        model = MultiVectorEncoder(modules=token_vectors(folder), device=device)
    else:
        model = MultiVectorEncoder(str(folder), device=device, model_kwargs={"dtype": "float32"}, **options)
    if settings["max_length"] is not None:
        # `max_seq_length` of a late-interaction model is what it was trained with, which a person may go beyond
        most = None if is_bi_encoder(folder) else positions(model[0].config)
        model[0].document_length = min(settings["max_length"], most or model.max_seq_length)
    run = open_texts(model, settings["precision"], device, "token_embeddings")
    return LateInteraction(model, run, settings["token_vectors"], kept)


def is_bi_encoder(folder: Path) -> bool:
    """A sentence-transformers model that pools its token vectors into one."""
    modules = folder / "modules.json"
    return modules.is_file() and "Pooling" in modules.read_text("utf-8") and not _has_dense_projection(folder)


def _has_dense_projection(folder: Path) -> bool:
    return "MultiVector" in (folder / "modules.json").read_text("utf-8")


def token_vectors(folder: Path, **options: Any) -> list[Any]:
    """The modules that give a bi-encoder's token vectors at length 1, those of [CLS] and [SEP] among them.

    `options`: of the model, as transformers takes them.
    """
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask

    transformer = Transformer.load(str(folder), local_files_only=True, model_kwargs={"dtype": "float32", **options})
    return [transformer, Normalize("token_embeddings"), MultiVectorMask()]
