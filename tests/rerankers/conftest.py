"""Tiny models with random weights, of the architectures that people use, laid out as the hub lays them out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.rerankers.catalogue.local_folder import folder_of
from tests.rerankers.reference.tiny_models import FOLDERS
from tests.support.flag_folders import GEMMA2, MINICPM, write_folder

TEXTS = [
    "Terns dive for small fish near the coast.",
    "A kestrel hovers over fields and hunts voles.",
    "Otters eat fish and live beside rivers, yes.",
    "Puffins nest in burrows on cliffs, no trees there.",
    "yes no yes no 1 0 1 0 1 0",
]
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def bundled() -> Path:
    folder = folder_of(get("minilm-cosine"))
    assert folder is not None
    return folder


def wordpiece():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(bundled()))


def save(folder: Path, model, tokenizer) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_pairs(bos: str | None = None):
    """A byte-level tokenizer, as Qwen's and as Gemma's stand-in, in which yes, no, 0 and 1 are one token each."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<pad>", "<|im_start|>", "<|im_end|>", "<bos>", "<eos>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*TEXTS * 5, *["yes", "no", "Yes", "No"] * 50], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", bos_token=bos, model_max_length=4096
    )


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Threads that wait for each other make tiny models twenty times slower on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the tiny models of this run; weights are seeded."""
    import torch

    torch.manual_seed(7)
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def bert_folder(tiny: Path) -> Path:
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = wordpiece()
    config = BertConfig(vocab_size=len(tokenizer), num_labels=1, initializer_range=0.3, **SMALL)
    return save(tiny / "bert", BertForSequenceClassification(config), tokenizer)


@pytest.fixture(scope="session")
def xlmr_folder(tiny: Path) -> Path:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForSequenceClassification

    inner = Tokenizer(models.Unigram())
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=special, unk_token="<unk>", show_progress=False)
    inner.train_from_iterator(TEXTS * 5, trainer)
    inner.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>",
        unk_token="<unk>", mask_token="<mask>", model_max_length=512,
    )  # fmt: skip
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), num_labels=1, max_position_embeddings=514, type_vocab_size=1, pad_token_id=1,
        bos_token_id=0, eos_token_id=2, initializer_range=0.3, **SMALL,
    )  # fmt: skip
    return save(tiny / "xlmr", XLMRobertaForSequenceClassification(config), tokenizer)


@pytest.fixture(scope="session")
def qwen3_folder(tiny: Path) -> Path:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = byte_pairs()
    config = Qwen3Config(
        vocab_size=len(tokenizer), num_key_value_heads=1, head_dim=16, max_position_embeddings=4096,
        initializer_range=0.3, pad_token_id=tokenizer.pad_token_id, **SMALL,
    )  # fmt: skip
    return save(tiny / "qwen3", Qwen3ForCausalLM(config), tokenizer)


@pytest.fixture(scope="session")
def qwen2_folder(tiny: Path) -> Path:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = byte_pairs()
    config = Qwen2Config(
        vocab_size=len(tokenizer), num_key_value_heads=1, max_position_embeddings=4096, initializer_range=0.3,
        pad_token_id=tokenizer.pad_token_id, **SMALL,
    )  # fmt: skip
    return save(tiny / "qwen2", Qwen2ForCausalLM(config), tokenizer)


@pytest.fixture(scope="session")
def splade_folder(tiny: Path) -> Path:
    from transformers import BertConfig, BertForMaskedLM

    tokenizer = wordpiece()
    return save(tiny / "splade", BertForMaskedLM(BertConfig(vocab_size=len(tokenizer), **SMALL)), tokenizer)


@pytest.fixture(scope="session")
def colbert_folder(tiny: Path) -> Path:
    """As colbert-ir/colbertv2.0: a BERT, a projection beside it, and the lengths in artifact.metadata."""
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    folder, tokenizer = tiny / "colbert", wordpiece()
    config = BertConfig(vocab_size=len(tokenizer), initializer_range=0.3, architectures=["HF_ColBERT"], **SMALL)
    model = BertModel(config, add_pooling_layer=False)
    weights = {f"bert.{name}": value.contiguous() for name, value in model.state_dict().items()}
    folder.mkdir()
    save_file(weights | {"linear.weight": torch.randn(16, 32)}, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config.to_dict() | {"architectures": ["HF_ColBERT"]}), "utf-8")
    metadata = {
        "query_token_id": "[unused0]", "doc_token_id": "[unused1]", "doc_maxlen": 180, "query_maxlen": 32,
        "attend_to_mask_tokens": False, "mask_punctuation": True,
    }  # fmt: skip
    (folder / "artifact.metadata").write_text(json.dumps(metadata), "utf-8")
    return folder


@pytest.fixture(scope="session")
def gemma_folder(tiny: Path) -> Path:
    from transformers import GemmaConfig, GemmaForCausalLM

    tokenizer = byte_pairs(bos="<bos>")
    config = GemmaConfig(
        vocab_size=len(tokenizer), num_key_value_heads=1, head_dim=16, max_position_embeddings=4096,
        initializer_range=0.3, pad_token_id=tokenizer.pad_token_id, **SMALL,
    )  # fmt: skip
    return save(tiny / "gemma", GemmaForCausalLM(config), tokenizer)


@pytest.fixture(scope="session")
def minicpm_folder(tiny: Path) -> Path:
    return write_folder(tiny / "minicpm", MINICPM, byte_pairs(bos="<bos>"))


@pytest.fixture(scope="session")
def gemma2_folder(tiny: Path) -> Path:
    return write_folder(tiny / "gemma2", GEMMA2, byte_pairs(bos="<bos>"))


@pytest.fixture(scope="session")
def reference_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a model of `reference.tiny_models` by its name, written once."""
    root = tmp_path_factory.mktemp("reference")

    def folder(name: str) -> Path:
        place = root / name
        return place if place.is_dir() else FOLDERS[name](place)

    return folder
