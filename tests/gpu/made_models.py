"""Cross-encoders of well-known shapes with random weights, and texts for them: nothing is read from elsewhere."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = 5000
LONGEST = 512
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True, slots=True)
class Shape:
    """A cross-encoder's size; `kind`: the prefix of its transformers classes. `tokens`: of a pair, in the mean."""

    kind: str
    layers: int
    width: int
    heads: int
    inner: int
    pairs: int
    tokens: int

    def operations(self, lengths: list[int]) -> float:
        """Floating-point operations of the products of all layers for pairs of these lengths; heads are left out."""
        wide = 3 if self.kind == "ModernBert" else 2  # its activation is gated
        weights = 4 * self.width**2 + wide * self.width * self.inner
        return sum(self.layers * (2 * weights * one + 4 * self.width * one**2) for one in lengths)


ON_GPU = {
    "MiniLM-L6": Shape("Bert", 6, 384, 12, 1536, 4000, 160),
    "bge-m3": Shape("XLMRoberta", 24, 1024, 16, 4096, 600, 160),
    "Ettin-150M": Shape("ModernBert", 22, 768, 12, 1152, 1000, 160),
}
ON_CPU = {
    "MiniLM-L6": Shape("Bert", 6, 384, 12, 1536, 24, 100),
    "bge-m3, 2 layers": Shape("XLMRoberta", 2, 1024, 16, 4096, 12, 100),
    "Ettin-150M, 4 layers": Shape("ModernBert", 4, 768, 12, 1152, 12, 300),
}


def write_model(shape: Shape, folder: Path) -> Path:
    """Write the model and its tokenizer as the hub lays them out, and return the folder."""
    import torch
    import transformers

    torch.manual_seed(11)
    facts: dict[str, Any] = {
        "vocab_size": WORDS + len(_SPECIAL),
        "hidden_size": shape.width,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.inner,
        "max_position_embeddings": LONGEST + 2,
        "num_labels": 1,
        "initializer_range": 0.05,
        "pad_token_id": 0,
        "cls_token_id": 2,
        "sep_token_id": 3,
        "bos_token_id": 2,
        "eos_token_id": 3,
    }
    if shape.kind != "ModernBert":
        facts["type_vocab_size"] = 2
    config = getattr(transformers, f"{shape.kind}Config")(**facts)
    model = getattr(transformers, f"{shape.kind}ForSequenceClassification")(config)
    with torch.no_grad():  # a random head of a deep model gives nearly one score for all
        for name, weights in model.named_parameters():
            if name.startswith("classifier") and name.endswith("weight"):
                weights.mul_(8)
    model.save_pretrained(folder)
    _tokenizer(shape).save_pretrained(folder)
    return folder


def _tokenizer(shape: Shape) -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: place for place, word in enumerate((*_SPECIAL, *(f"w{place}" for place in range(WORDS))))}
    own = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    own.pre_tokenizer = Whitespace()
    second = 0 if shape.kind == "ModernBert" else 1
    own.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair=f"[CLS] $A [SEP] $B:{second} [SEP]:{second}",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if second else [])
    special = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    return PreTrainedTokenizerFast(
        tokenizer_object=own,
        model_max_length=LONGEST,
        model_input_names=names,
        **{f"{name}_token": token for name, token in special.items()},
    )


def made_pairs(shape: Shape) -> tuple[str, list[str], list[int]]:
    """A query of 6 words, passages, and the tokens of each pair: their lengths differ as those of passages do."""
    rng = random.Random(3)
    query = " ".join(f"w{rng.randrange(WORDS)}" for _ in range(6))
    sizes = [
        min(LONGEST - 9, max(1, round(rng.lognormvariate(-0.18, 0.6) * (shape.tokens - 9)))) for _ in range(shape.pairs)
    ]
    texts = [" ".join(f"w{rng.randrange(WORDS)}" for _ in range(size)) for size in sizes]
    return query, texts, [size + 9 for size in sizes]
