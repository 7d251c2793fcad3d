"""What `bench rerank` times: a model of a well-known shape, and a query with passages of a well-known length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.local_folder import folder_of

QUERY_WORDS, SPREAD, LONGEST = 6, 0.6, 500


@dataclass(frozen=True, slots=True)
class Shape:
    """A cross-encoder's size; `kind` is the prefix of its transformers classes."""

    kind: str
    layers: int
    width: int
    heads: int
    inner: int


SHAPES = {
    "tiny": Shape("Bert", 1, 32, 2, 64),  # to time what is around a model
    "minilm-l6": Shape("Bert", 6, 384, 12, 1536),
    "minilm-l12": Shape("Bert", 12, 384, 12, 1536),
    "xlmr-base": Shape("XLMRoberta", 12, 768, 12, 3072),
    "bge-m3": Shape("XLMRoberta", 24, 1024, 16, 4096),
}


def write_model(shape: str, folder: Path) -> None:
    """A model of this shape, made up from a seed, laid out as the hub lays it out.

    minilm-l6 has the weights of the bundled MiniLM below a made-up head, so that its drift is that of trained weights;
    the others are random. The vocabulary is the bundled model's, of 30,522 words: a larger one costs memory, not time.
    """
    import torch
    import transformers

    one = SHAPES[shape]
    source = folder_of(get("minilm-cosine"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(source))
    torch.manual_seed(11)
    facts: dict[str, Any] = {"type_vocab_size": 2, "pad_token_id": tokenizer.pad_token_id}
    config = getattr(transformers, f"{one.kind}Config")(
        vocab_size=len(tokenizer),
        hidden_size=one.width,
        num_hidden_layers=one.layers,
        num_attention_heads=one.heads,
        intermediate_size=one.inner,
        max_position_embeddings=514,
        num_labels=1,
        initializer_range=0.05,
        **facts,
    )
    model = getattr(transformers, f"{one.kind}ForSequenceClassification")(config)
    if shape == "minilm-l6":
        trained = transformers.AutoModel.from_pretrained(str(source)).state_dict()
        own = model.bert.state_dict()
        model.bert.load_state_dict({name: one for name, one in trained.items() if one.shape == own[name].shape}, False)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def pairs(tokenizer: Any, count: int, tokens: int, seed: int = 3) -> tuple[str, list[str]]:
    """A query, and `count` passages so that a pair has `tokens` tokens in the mean; lengths are log-normal.

    Their words are whole ones of the vocabulary, each of one token, by Zipf's law.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    words = [word for word in sorted(tokenizer.get_vocab()) if word.isascii() and word.isalpha() and len(word) > 2]
    rng.shuffle(words)
    weight = 1 / np.arange(1, len(words) + 1)
    own = max(1, tokens - QUERY_WORDS - 3)
    lengths = rng.lognormal(0, SPREAD, count)
    lengths = np.clip(np.round(lengths * own / lengths.mean()), 1, LONGEST).astype(int)
    drawn = rng.choice(words, size=int(lengths.sum()) + QUERY_WORDS, p=weight / weight.sum())
    query, rest = " ".join(drawn[:QUERY_WORDS]), drawn[QUERY_WORDS:]
    return query, [" ".join(part) for part in np.split(rest, np.cumsum(lengths)[:-1])]


def tau(one: Sequence[float], other: Sequence[float]) -> float:
    """Kendall's tau-b of two lists of scores (Biometrika 1945, doi 10.1093/biomet/33.3.239); 1: one order."""
    from scipy.stats import kendalltau

    return float(kendalltau(one, other).statistic)
