"""ModernBERT through the engine: rotary positions, local attention, a gated activation; the library's own output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rerank_core.inference.encoders import attention
from rerank_core.inference.encoders.modern_encoder import ModernTokens
from rerank_core.inference.encoders.modern_weights import read_modern
from rerank_core.inference.pair_tokens import Pair, UnknownModelError
from rerank_core.inference.texts.text_engine import TextEngine, open_texts, vectors

# one token; shorter and longer than the window of 8 to each side; two of one length; beyond a stretch of 128
LENGTHS = [1, 3, 8, 9, 10, 40, 40, 127, 300]
WINDOW = 16
SMALL = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 48, "num_hidden_layers": 4}


def body(**facts):
    import torch
    from transformers import ModernBertConfig, ModernBertModel

    torch.manual_seed(6)
    own = {"vocab_size": 90, "initializer_range": 0.3, "local_attention": WINDOW, "global_attn_every_n_layers": 3}
    tokens = {f"{name}_token_id": place for place, name in enumerate(("pad", "cls", "sep", "bos", "eos"))}
    return ModernBertModel(ModernBertConfig(**SMALL, **{**own, **tokens, **facts})).eval()


def inputs(lengths: list[int] = LENGTHS) -> list[Pair]:
    drawn = np.random.default_rng(3)
    return [Pair(drawn.integers(5, 90, size).astype(np.int32), np.zeros(size, np.int32)) for size in lengths]


def wanted(model, given: list[Pair]) -> list[np.ndarray]:
    """The library's vectors of each input alone."""
    import torch

    with torch.inference_mode():
        return [model(input_ids=torch.from_numpy(one.ids).long()[None]).last_hidden_state[0].numpy() for one in given]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"hidden_activation": "gelu_new"},
        {"attention_bias": True, "mlp_bias": True, "norm_bias": True},
        {"global_attn_every_n_layers": 1},
        {"local_attention": 256},
    ],
    ids=str,
)
def test_token_vectors_are_the_librarys_within_and_beyond_the_window(facts: dict) -> None:
    model, given = body(**facts), inputs()
    found = ModernTokens(read_modern(model), "float32", "cpu")(given)
    for made, one in zip(found, wanted(model, given), strict=True):
        assert made.numpy() == pytest.approx(one, abs=1e-5)


def test_the_window_decides_what_a_far_token_does() -> None:
    near, far = (
        ModernTokens(read_modern(body(local_attention=size)), "float32", "cpu")(inputs([100]))[0] for size in (16, 256)
    )
    assert float((near - far).abs().max()) > 1e-3


def test_masked_attention_for_gpus_gives_the_same_vectors() -> None:
    model, given = body(), inputs()
    masked = ModernTokens(read_modern(model), "float32", "cpu")
    masked._attend, masked._near, masked._fills_up = attention.padded, attention.near_padded, False
    for made, one in zip(masked(given), wanted(model, given), strict=True):
        assert made.numpy() == pytest.approx(one, abs=1e-5)


def test_bfloat16_is_near() -> None:
    model, given = body(), inputs()
    for made, one in zip(ModernTokens(read_modern(model), "bfloat16", "cpu")(given), wanted(model, given), strict=True):
        cosines = (made.numpy() * one).sum(1) / np.linalg.norm(made.numpy(), axis=1) / np.linalg.norm(one, axis=1)
        assert cosines.min() > 0.995


def test_positions_that_turn_in_another_way_are_named() -> None:
    model = body()
    model.rotary_emb.rope_type["full_attention"] = "yarn"
    with pytest.raises(UnknownModelError, match="turn in the way yarn"):
        read_modern(model)


@pytest.mark.parametrize("kind", ["dense", "terms"])
def test_a_text_of_any_length_has_the_librarys_vector(tmp_path: Path, kind: str) -> None:
    import torch
    from sentence_transformers import SentenceTransformer, SparseEncoder
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.sentence_transformer.modules import Pooling
    from sentence_transformers.sparse_encoder.modules import SpladePooling
    from transformers import ModernBertForMaskedLM

    from tests.rerankers.conftest import save, wordpiece

    tokenizer = wordpiece()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    model = body(vocab_size=len(tokenizer))
    torch.manual_seed(8)
    if kind == "terms":
        masked = ModernBertForMaskedLM(model.config)
        masked.model.load_state_dict(model.state_dict())
        torch.nn.init.normal_(masked.decoder.bias)
        transformer = Transformer(str(save(tmp_path, masked, tokenizer)), transformer_task="fill-mask")
        whole = SparseEncoder(modules=[transformer, SpladePooling()], device="cpu").eval()
    else:
        transformer = Transformer(str(save(tmp_path, model, tokenizer)))
        whole = SentenceTransformer(modules=[transformer, Pooling(32, "cls")], device="cpu").eval()
    texts = ["", "fish", "Otters eat fish and live beside rivers. " * 30, "Terns dive. " * 4]
    plain = {"convert_to_sparse_tensor": False} if kind == "terms" else {}
    expected = [np.asarray(one) for one in whole.encode_document(texts, **plain)]
    engine = open_texts(whole, "exact", "cpu", "sentence_embedding")
    assert isinstance(engine, TextEngine), engine.note
    for made, one in zip(vectors(engine, texts, "document", "sentence_embedding"), expected, strict=True):
        assert made.numpy() == pytest.approx(one, abs=1e-5)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_pairs_have_the_librarys_scores_whichever_way_they_are_pooled(pooling: str) -> None:
    import torch
    from transformers import ModernBertConfig, ModernBertForSequenceClassification

    from rerank_core.inference.engine import open_engine
    from tests.rerankers.conftest import wordpiece

    tokenizer = wordpiece()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    torch.manual_seed(9)
    facts = {**body(vocab_size=len(tokenizer)).config.to_dict(), "num_labels": 1, "classifier_pooling": pooling}
    model = ModernBertForSequenceClassification(ModernBertConfig(**facts)).eval()
    texts = ["Otters eat fish. " * 40, "", "Terns dive for small fish near the coast."]
    encoded = tokenizer([["who eats fish", text] for text in texts], truncation="longest_first", max_length=128,
                        padding=True, return_tensors="pt")  # fmt: skip
    with torch.inference_mode():
        wanted = model(**encoded).logits[:, 0].tolist()
    assert open_engine(model, tokenizer, 128, "exact", "cpu").score("who eats fish", texts) == pytest.approx(
        wanted, abs=1e-5
    )
