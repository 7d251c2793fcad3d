"""MiniCPM with a head on every layer from the eighth on (bge-reranker-v2-minicpm-layerwise).

MiniCPM is Llama with three factors: on the embeddings (scale_emb), on what each half of a layer adds (scale_depth over
the root of the number of layers), and none on these heads. transformers' Granite is that same network with the factors
in its configuration, and names its weights alike, so the checkpoint loads into it as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.flag.pairs import Row
from rerank_core.rerankers.flag.weights import body, head, right_padded

_SAME = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "hidden_act",
    "max_position_embeddings",
    "rms_norm_eps",
    "attention_bias",
)


class MiniCpm:
    """The network up to one layer, and that layer's head."""

    def __init__(self, folder: Path, config: Mapping[str, Any], layer: int, dtype: Any, device: str) -> None:
        from transformers import GraniteConfig, GraniteModel

        if config.get("model_type") != "minicpm" or not config.get("head_multi") or config["head_type"] != "simple":
            raise RerankLensError(f"{folder} is not a MiniCPM with one simple head a layer")
        if config.get("rope_scaling"):
            raise RerankLensError(f"{folder} stretches its positions (rope_scaling), which is not known here")
        wide = config["hidden_size"] // config["num_attention_heads"]
        granite = GraniteConfig(
            **{name: config[name] for name in _SAME if name in config},
            num_hidden_layers=layer,
            rope_parameters={"rope_type": "default", "rope_theta": config.get("rope_theta", 10000.0)},
            embedding_multiplier=config.get("scale_emb", 1),
            # the factor is that of the whole model, however early this one stops
            residual_multiplier=config.get("scale_depth", 1) / math.sqrt(config["num_hidden_layers"]),
            attention_multiplier=wide**-0.5,
            pad_token_id=None,
            use_cache=False,
        )
        self._device = device
        self._body = body(GraniteModel, granite, folder, dtype, device)
        self._head = head(folder, layer - config["start_layer"], device)

    def __call__(self, rows: Sequence[Row]) -> list[float]:
        """The head's dot product with the normed state of the last token, in float32."""
        import torch

        ids = right_padded([row.ids for row in rows], self._device)
        last = torch.tensor([len(row.ids) - 1 for row in rows], device=ids.device)
        with torch.inference_mode():
            states = self._body(input_ids=ids, use_cache=False).last_hidden_state
            scores = states[torch.arange(len(rows), device=ids.device), last].float() @ self._head
        return [float(score) for score in scores]
