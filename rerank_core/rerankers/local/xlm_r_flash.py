"""Jina's XLM-R (jina-reranker-v2-base-multilingual), read into transformers' own XLM-R.

The network is XLM-R's: the layer norm after each half of a layer, the exact gelu, positions from pad + 1 on, a tanh in
the head. Only the weights have other names, those of flash-attention's BERT, and queries, keys and values lie in one
matrix. Its authors made it from an XLM-R by that renaming (convert_roberta_weights_to_flash.py of
jinaai/xlm-roberta-flash-implementation); vLLM undoes it in the same way (model_executor/models/roberta.py,
jina_to_vllm_mapper). The Python code that comes with it, which transformers 5 cannot import, is never run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.local_folder import weight_files

_SAME = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
)
_LAYER = re.compile(r"roberta\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)")
_PARTS = {
    "mixer.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
    "norm2": "output.LayerNorm",
}


def is_flash(config: Mapping[str, Any]) -> bool:
    """Whether a config.json is that of a reranker in these names."""
    code = config.get("auto_map") or {}
    is_jina = str(code.get("AutoConfig", "")).rpartition(".")[2] == "XLMRobertaFlashConfig"
    return is_jina and "XLMRobertaForSequenceClassification" in (config.get("architectures") or [])


def read(folder: Path, config: Mapping[str, Any], device: str) -> tuple[Any, Any]:
    """The model, float32, in eval mode and on `device`, and its tokenizer.

    Raises RerankLensError for a checkpoint that is another network, or lacks a weight.
    """
    import torch
    from transformers import AutoTokenizer, PreTrainedConfig, XLMRobertaConfig, XLMRobertaForSequenceClassification

    if config.get("position_embedding_type", "absolute") != "absolute":
        raise RerankLensError(f"{folder.name} turns its positions (rotary), which is not known here")
    labels = len(config["id2label"]) if config.get("id2label") else config.get("num_labels", 1)
    facts = {name: config[name] for name in _SAME if name in config} | {"num_labels": labels}
    model = XLMRobertaForSequenceClassification(XLMRobertaConfig(**facts))
    try:
        difference = model.load_state_dict(renamed(_weights(folder)), strict=False)
    except RuntimeError as error:
        raise RerankLensError(f"{folder.name} has weights of other shapes than its config.json says") from error
    if wrong := sorted(difference.missing_keys):
        raise RerankLensError(f"{folder.name} lacks {len(wrong)} of the weights, {wrong[0]} among them")
    if wrong := sorted(difference.unexpected_keys):
        raise RerankLensError(f"{folder.name} has {len(wrong)} weights that are not known here, such as {wrong[0]}")
    # an empty configuration: the folder's own names Python code of the hub, which is not wanted
    tokenizer = AutoTokenizer.from_pretrained(
        str(folder), config=PreTrainedConfig(), local_files_only=True, trust_remote_code=False
    )
    model.to(torch.device(device)).eval()  # type: ignore[arg-type]
    return model, tokenizer


def renamed(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights under transformers' names; a name that is not known stays as it is."""
    names: dict[str, Any] = {}
    for name, value in weights.items():
        layer = _LAYER.fullmatch(name)
        if layer is None:
            names[name.replace("roberta.emb_ln.", "roberta.embeddings.LayerNorm.")] = value
            continue
        stem, part, kind = f"roberta.encoder.layer.{layer[1]}", layer[2], layer[3]
        if part == "mixer.Wqkv":
            for role, share in zip(("query", "key", "value"), value.chunk(3), strict=True):
                names[f"{stem}.attention.self.{role}.{kind}"] = share
        else:
            names[f"{stem}.{_PARTS.get(part, part)}.{kind}"] = value
    return names


def _weights(folder: Path) -> dict[str, Any]:
    import torch
    from safetensors.torch import load_file

    weights: dict[str, Any] = {}
    for path in weight_files(folder):
        if path.suffix == ".safetensors":
            weights |= load_file(str(path))
        else:
            weights |= torch.load(str(path), map_location="cpu", weights_only=True)
    return weights
