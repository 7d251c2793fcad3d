"""Models of a few thousand drawn weights, whose tokenizer knows the words of `numbers_world`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_NAMES = ("pump", "valve", "motor", "filter", "switch", "sensor", "belt", "fan", "lamp", "gear", "model", "-")
_MARKS = {
    "unk_token": "[UNK]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
_SIZE = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


def _config(folder: Path, **more: Any) -> Any:
    """Writes the tokenizer; the configuration that goes with it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_NAMES, *(str(number) for number in range(1000))]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=32, **_MARKS).save_pretrained(folder)
    return BertConfig(vocab_size=len(words), max_position_embeddings=40, **_SIZE, **more)


def tiny_encoder(folder: Path) -> Path:
    """A bi-encoder, as a sentence-transformers folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertModel

    config = _config(folder / "bert")
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder / "bert")
    bert = Transformer(str(folder / "bert"), max_seq_length=32)
    SentenceTransformer(modules=[bert, Pooling(16), Normalize()], device="cpu").save(str(folder / "model"))
    return folder / "model"


def tiny_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A cross-encoder, as a folder of transformers."""
    import torch
    from transformers import BertForSequenceClassification

    config = _config(folder, num_labels=labels)
    torch.manual_seed(1)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder
