"""What `bench encode` times: models of well-known shapes, each opened anew for whoever runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.local_folder import folder_of

LAYERS: int | None = None
"""None: as many as the shape has."""
Output = Literal["sentence_embedding", "token_embeddings"]


@dataclass(frozen=True, slots=True)
class Case:
    """`open_model(folder)` gives a sentence-transformers model; `share`: one of so many texts is enough to time it."""

    output: Output
    open_model: Callable[[Path], Any]
    share: int
    what: str


def bundled() -> str:
    """The folder of the bundled MiniLM."""
    return str(folder_of(get("minilm-cosine")))


def _minilm(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(bundled(), device="cpu", local_files_only=True)


def _minilm_tokens(folder: Path) -> Any:
    from sentence_transformers import MultiVectorEncoder
    from sentence_transformers.base.modules import Normalize, Transformer
    from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask

    transformer = Transformer.load(bundled(), local_files_only=True)
    return MultiVectorEncoder(modules=[transformer, Normalize("token_embeddings"), MultiVectorMask()], device="cpu")


def _colbert(folder: Path) -> Any:
    import torch
    from sentence_transformers import MultiVectorEncoder
    from sentence_transformers.base.modules import Dense, Normalize, Transformer
    from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask

    names = {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
    torch.manual_seed(11)
    dense = Dense(768, 128, bias=False, activation_function=torch.nn.Identity(), **names)
    transformer = Transformer(_written(folder, "BertModel", "BertConfig"))
    transformer.max_seq_length = 180
    return MultiVectorEncoder(
        modules=[transformer, dense, Normalize("token_embeddings"), MultiVectorMask()], device="cpu"
    )


def _splade(folder: Path) -> Any:
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    transformer = Transformer(_written(folder, "BertForMaskedLM", "BertConfig"), transformer_task="fill-mask")
    transformer.max_seq_length = 256
    return SparseEncoder(modules=[transformer, SpladePooling()], device="cpu")


def _modern(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling

    tokens = {"pad_token_id": 0, "cls_token_id": 101, "sep_token_id": 102, "bos_token_id": 101, "eos_token_id": 102}
    transformer = Transformer(_written(folder, "ModernBertModel", "ModernBertConfig", **tokens))
    transformer.max_seq_length = 512
    return SentenceTransformer(modules=[transformer, Pooling(768, "cls")], device="cpu")


def _written(folder: Path, kind: str, config: str, **facts: int) -> str:
    """A folder with a base-sized model of random weights and the bundled model's tokenizer, written once."""
    import torch
    import transformers

    place = folder / kind
    if not place.is_dir():
        torch.manual_seed(11)
        tokenizer = transformers.AutoTokenizer.from_pretrained(bundled())
        if LAYERS is not None:
            facts["num_hidden_layers"] = LAYERS
        own = getattr(transformers, config)(vocab_size=len(tokenizer), initializer_range=0.05, **facts)
        getattr(transformers, kind)(own).save_pretrained(place)
        if kind.startswith("Modern"):
            tokenizer.model_input_names = ["input_ids", "attention_mask"]
        tokenizer.save_pretrained(place)
    return str(place)


CASES = {
    "embedding": Case("sentence_embedding", _minilm, 1, "the bundled MiniLM: one vector per text"),
    "tokens": Case("token_embeddings", _minilm_tokens, 1, "the bundled MiniLM: one vector per token"),
    "colbert": Case("token_embeddings", _colbert, 16, "ColBERTv2's shape (BERT base, 128 dimensions), random weights"),
    "splade": Case("sentence_embedding", _splade, 16, "SPLADE's shape (BERT base), random weights"),
    "modernbert": Case("sentence_embedding", _modern, 16, "ModernBERT base, first token, random weights"),
}
