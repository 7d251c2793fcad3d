"""Tiny checkpoints of the two layered BGE rerankers, laid out as the hub's: its config.json, its names of weights."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

MINICPM = {
    "_name_or_path": "BAAI/bge-reranker-v2-minicpm-layerwise",
    "architectures": ["LayerWiseMiniCPMForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "auto_map": {
        "AutoConfig": "BAAI/bge-reranker-v2-minicpm-layerwise--configuration_minicpm_reranker.LayerWiseMiniCPMConfig",
        "AutoModelForCausalLM": "BAAI/bge-reranker-v2-minicpm-layerwise--modeling_minicpm_reranker."
        "LayerWiseMiniCPMForCausalLM",
    },
    "bos_token_id": 1,
    "dim_model_base": 256,
    "eos_token_id": 2,
    "head_multi": True,
    "head_type": "simple",
    "hidden_act": "silu",
    "hidden_size": 32,
    "initializer_range": 0.1,
    "intermediate_size": 48,
    "max_position_embeddings": 2048,
    "model_type": "minicpm",
    "num_attention_heads": 4,
    "num_hidden_layers": 4,
    "num_key_value_heads": 4,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 10000.0,
    "scale_depth": 1.4,
    "scale_emb": 12,
    "start_layer": 2,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.38.1",
    "use_cache": False,
}
GEMMA2 = {
    "_name_or_path": "BAAI/bge-reranker-v2.5-gemma2-lightweight",
    "architectures": ["CostWiseGemmaForCausalLM"],
    "auto_map": {
        "AutoConfig": "BAAI/bge-reranker-v2.5-gemma2-lightweight--gemma_config.CostWiseGemmaConfig",
        "AutoModelForCausalLM": "BAAI/bge-reranker-v2.5-gemma2-lightweight--gemma_model.CostWiseGemmaForCausalLM",
    },
    "attention_bias": False,
    "attention_dropout": 0.0,
    "attn_logit_softcapping": 50.0,
    "bos_token_id": 2,
    "cache_implementation": "hybrid",
    "eos_token_id": 1,
    "final_logit_softcapping": 30.0,
    "head_dim": 8,
    "hidden_act": "gelu_pytorch_tanh",
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 48,
    "layer_sep": 1,
    "layer_wise": True,
    "max_position_embeddings": 8192,
    "model_type": "cost_wise_gemma",
    "num_attention_heads": 4,
    "num_hidden_layers": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "query_pre_attn_scalar": 16,
    "rms_norm_eps": 1e-06,
    "rope_theta": 10000.0,
    "sliding_window": 24,
    "sliding_window_size": 24,
    "start_layer": 2,
    "torch_dtype": "float32",
    "transformers_version": "4.42.2",
    "use_cache": True,
}


def need_flag() -> None:
    """Skip where FlagEmbedding is not installed; one that is there and cannot be imported is a failure of ours."""
    # here: the environments that make reference scores have no pytest
    import pytest

    if importlib.util.find_spec("FlagEmbedding") is None:
        pytest.skip("the extra flag is not installed")


def write_folder(folder: Path, config: dict, tokenizer) -> Path:
    """Random weights under the hub's names, in two safetensors with an index, as the large ones come."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(11)
    folder.mkdir(parents=True)
    config = config | {"vocab_size": len(tokenizer)}
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    wide = config.get("head_dim", hidden // config["num_attention_heads"])
    queries, keys = wide * config["num_attention_heads"], wide * config["num_key_value_heads"]
    gemma = config["model_type"] == "cost_wise_gemma"
    norms = ["input_layernorm", "post_attention_layernorm"]
    norms += ["pre_feedforward_layernorm", "post_feedforward_layernorm"] if gemma else []
    shapes = {"model.embed_tokens.weight": (len(tokenizer), hidden), "model.norm.weight": (hidden,)}
    for layer in range(config["num_hidden_layers"]):
        stem = f"model.layers.{layer}."
        shapes |= {
            stem + "self_attn.q_proj.weight": (queries, hidden),
            stem + "self_attn.k_proj.weight": (keys, hidden),
            stem + "self_attn.v_proj.weight": (keys, hidden),
            stem + "self_attn.o_proj.weight": (hidden, queries),
            stem + "mlp.gate_proj.weight": (inner, hidden),
            stem + "mlp.up_proj.weight": (inner, hidden),
            stem + "mlp.down_proj.weight": (hidden, inner),
        }
        shapes |= {f"{stem}{norm}.weight": (hidden,) for norm in norms}
    for head in range(config["num_hidden_layers"] + 1 - config["start_layer"]):
        shapes[f"lm_head.{head}.linear_head.weight"] = (1, hidden)
    weights = {name: torch.randn(shape) * 0.3 for name, shape in shapes.items()}
    files = {name: f"model-{1 + place % 2:05}-of-00002.safetensors" for place, name in enumerate(weights)}
    for file in set(files.values()):
        save_file({name: weights[name] for name in weights if files[name] == file}, folder / file, {"format": "pt"})
    total = sum(value.numel() * 4 for value in weights.values())
    index = {"metadata": {"total_size": total}, "weight_map": files}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    tokenizer.save_pretrained(folder)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder
