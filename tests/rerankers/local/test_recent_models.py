"""The shapes of the models of 2025 and 2026 go through our own loading: scores are those of the library itself."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from rerank_core.rerankers.catalogue.catalog import get, model_from_name
from rerank_core.rerankers.catalogue.local_folder import is_complete
from rerank_core.rerankers.load import load
from rerank_core.rerankers.local.cross_encoder import EnginePairs, LibraryPairs
from tests.rerankers.conftest import SMALL, byte_pairs, wordpiece

QUERY = "who eats fish"
TEXTS = ["Terns dive for small fish.", "A kestrel hunts voles.", "Otters eat fish beside rivers. " * 20, ""]
MODERN = {**SMALL, "max_position_embeddings": 512, "global_attn_every_n_layers": 1, "initializer_range": 0.3}


def modern_config(**own):
    from transformers import ModernBertConfig

    tokenizer = wordpiece()
    tokens = {"pad_token_id": 0, "cls_token_id": 101, "sep_token_id": 102, "bos_token_id": 101, "eos_token_id": 102}
    return tokenizer, ModernBertConfig(vocab_size=len(tokenizer), **MODERN, **tokens, **own)


@pytest.fixture(scope="module")
def ettin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As cross-encoder/ettin-reranker-*: ModernBertModel, CLS, dense with GELU, LayerNorm, dense to one score."""
    import torch
    from sentence_transformers import CrossEncoder
    from sentence_transformers.base.modules import Dense, Transformer
    from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling
    from transformers import ModernBertModel

    torch.manual_seed(3)
    folder = tmp_path_factory.mktemp("ettin")
    tokenizer, config = modern_config()
    ModernBertModel(config).save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    pooled = {"module_input_name": "sentence_embedding"}
    modules = [
        Transformer(str(folder / "encoder"), transformer_task="feature-extraction"),
        Pooling(32, "cls"),
        Dense(
            32, 32, bias=False, activation_function=torch.nn.GELU(), module_output_name="sentence_embedding", **pooled
        ),
        LayerNorm(32),
        Dense(32, 1, activation_function=torch.nn.Identity(), module_output_name="scores", **pooled),
    ]
    CrossEncoder(modules=modules).save_pretrained(str(folder / "whole"))
    return folder / "whole"


@pytest.fixture(scope="module")
def modern_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As gte-reranker-modernbert-base and granite-embedding-reranker-english-r2."""
    import torch
    from transformers import ModernBertForSequenceClassification

    torch.manual_seed(5)
    folder = tmp_path_factory.mktemp("modern")
    tokenizer, config = modern_config(num_labels=1)
    ModernBertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def zerank_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As zeroentropy/zerank-2-reranker: a Qwen3, a chat template of query and document, the logit of Yes."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(9)
    folder, tokenizer = tmp_path_factory.mktemp("zerank"), byte_pairs()
    tokenizer.chat_template = (
        "{% for message in messages %}<|im_start|>{{ 'system' if message.role == 'query' else 'user' }}\n"
        "{{ message.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    config = Qwen3Config(
        vocab_size=len(tokenizer), num_key_value_heads=1, head_dim=16, max_position_embeddings=4096,
        initializer_range=0.3, pad_token_id=tokenizer.pad_token_id, **SMALL,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    flat = {"method": "forward", "method_output_name": "logits"}
    files = {
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"},
            {
                "idx": 1, "name": "1", "path": "1_LogitScore",
                "type": "sentence_transformers.cross_encoder.modules.logit_score.LogitScore",
            },
        ],
        "1_LogitScore/config.json": {"true_token_id": tokenizer.convert_tokens_to_ids("Yes"), "false_token_id": None},
        "sentence_bert_config.json": {
            "transformer_task": "text-generation",
            "modality_config": {"text": flat, "message": {**flat, "format": "flat"}},
            "module_output_name": "causal_logits",
            "processing_kwargs": {"chat_template": {"add_generation_prompt": True}},
        },
        "config_sentence_transformers.json": {
            "model_type": "CrossEncoder", "activation_fn": "torch.nn.modules.linear.Identity",
        },
    }  # fmt: skip
    (folder / "1_LogitScore").mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), "utf-8")
    return folder


@pytest.mark.parametrize("fixture", ["ettin_folder", "modern_folder", "zerank_folder"])
def test_it_scores_as_sentence_transformers_does(fixture: str, request: pytest.FixtureRequest) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    folder = request.getfixturevalue(fixture)
    assert is_complete(folder)
    library = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    expected = library.predict([(QUERY, text) for text in TEXTS], activation_fn=torch.nn.Identity())
    scorer = load(model_from_name("cross-encoder", str(folder)), device="cpu")
    scores = scorer.score(QUERY, TEXTS)
    assert scores == pytest.approx([float(score) for score in expected], abs=1e-5)
    assert all(map(math.isfinite, scores))
    assert len(set(scores)) == len(TEXTS)
    assert isinstance(scorer, LibraryPairs if fixture == "zerank_folder" else EnginePairs)


@pytest.mark.parametrize("fixture", ["ettin_folder", "modern_folder"])
@pytest.mark.parametrize(("precision", "near"), [("fast", 0.05), ("preview", 0.5)])
def test_the_other_precisions_are_near(fixture: str, precision: str, near: float, request) -> None:
    model = model_from_name("cross-encoder", str(request.getfixturevalue(fixture)))
    exact, other = (load(model, {"precision": name}, device="cpu").score(QUERY, TEXTS) for name in ("exact", precision))
    assert other == pytest.approx(exact, abs=near)


def test_the_module_chain_of_ettin_is_computed_by_hand(ettin_folder: Path) -> None:
    """score = w . LayerNorm(GELU(W cls)) + b over the encoder's first token."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    kinds = [one["type"].rpartition(".")[2] for one in json.loads((ettin_folder / "modules.json").read_text("utf-8"))]
    assert kinds == ["Transformer", "Pooling", "Dense", "LayerNorm", "Dense"]
    weights = [load_file(next(ettin_folder.glob(f"{number}_*")) / "model.safetensors") for number in (2, 3, 4)]
    dense, norm, last = ({name.rpartition(".")[2]: value for name, value in one.items()} for one in weights)
    inputs = AutoTokenizer.from_pretrained(ettin_folder)(QUERY, TEXTS[0], return_tensors="pt")
    inputs.pop("token_type_ids", None)
    with torch.no_grad():
        cls = AutoModel.from_pretrained(ettin_folder)(**inputs).last_hidden_state[0, 0]
        hidden = torch.nn.functional.gelu(dense["weight"] @ cls)
        normed = torch.nn.functional.layer_norm(hidden, (32,), norm["weight"], norm["bias"])
        by_hand = float(last["weight"][0] @ normed + last["bias"][0])
    scorer = load(model_from_name("cross-encoder", str(ettin_folder)), device="cpu")
    assert scorer.score(QUERY, [TEXTS[0]]) == pytest.approx([by_hand], abs=1e-5)


@pytest.mark.parametrize("fixture", ["ettin_folder", "modern_folder", "zerank_folder"])
def test_it_knows_what_it_does_not_see(fixture: str, request: pytest.FixtureRequest) -> None:
    folder = str(request.getfixturevalue(fixture))
    scorer = load(model_from_name("cross-encoder", folder), {"max_length": 128}, device="cpu")
    cut = scorer.limit.tokens_cut(QUERY, ["fish " * 400, TEXTS[0]])
    assert cut[0] >= 250
    assert cut[1] == 0


def test_the_rows_name_the_family_that_loads_them() -> None:
    assert {get(f"ettin-reranker-{size}-v1").family for size in ("17m", "32m", "68m", "150m", "400m", "1b")} == {
        "cross-encoder"
    }
    assert get("qwen3-reranker-8b").checked({})["template"] == "qwen3"
    assert get("lateon").family == "late-interaction"
