"""The BGE rerankers that can stop at an earlier layer: MiniCPM layerwise and Gemma 2 lightweight.

FlagEmbedding 1.4.2 cannot run either beside transformers 5, and the hub's own copies of its code fail in the same way:
- both declare `_tied_weights_keys` as a list, which transformers 5 refuses at once;
- MiniCPM's attention reads rope_scaling["type"], which transformers 5 has filled in under another name (KeyError);
- Gemma 2's layers now want `position_embeddings`, and give a tensor where they gave a tuple, so that the library's
  `layer_outputs[0]` would take the first passage of a batch for the whole of it, without an error.
So the checkpoints are read here, by name, into transformers' own layers (`flag_minicpm`, `flag_gemma2`): the formulas
are kept, the Python code that comes with them is never run, and FlagEmbedding is not needed. Layers above the one asked
for are not loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.flag.pairs import ANSWER_PROMPT, YES_NO_PROMPT, Pairs, Row


class Network(Protocol):
    """Rows of tokens in, one raw score per row out."""

    def __call__(self, rows: Sequence[Row]) -> list[float]:
        """The scores of one batch, in the order of `rows`."""


class Layered(Scorer):
    """A network that stops at a layer, and the rows that it reads."""

    def __init__(self, network: Network, pairs: Pairs, batch_size: int) -> None:
        self._network, self._pairs, self.batch_size = network, pairs, batch_size
        self.limit = pairs.limit

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits of the layer's head."""
        rows = self._pairs.rows(query, texts)
        # neighbours of one length waste little on padding
        order = sorted(range(len(rows)), key=lambda place: -len(rows[place].ids))
        scores = [0.0] * len(rows)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            for place, score in zip(batch, self._network([rows[place] for place in batch]), strict=True):
                scores[place] = score
        return scores


def open_model(family: str, folder: Path, settings: Mapping[str, Any], device: str) -> Layered:
    """A layered reranker from a local folder laid out as the hub's.

    Raises SettingsError for a layer without a head, RerankLensError for a folder that holds another architecture.
    """
    import torch
    from transformers import AutoTokenizer, PreTrainedConfig

    config = json.loads((folder / "config.json").read_text("utf-8"))
    # an empty configuration: the folder's own names Python code of the hub, which is not wanted
    tokenizer = AutoTokenizer.from_pretrained(
        str(folder), config=PreTrainedConfig(), local_files_only=True, trust_remote_code=False
    )
    dtype = getattr(torch, settings["precision"])
    network: Network
    if family == "flag-layerwise":
        from rerank_core.rerankers.flag.minicpm import MiniCpm

        layer = layer_asked(config, settings["layer"], 1)
        network, prompt = MiniCpm(folder, config, layer, dtype, device), YES_NO_PROMPT
    else:
        from rerank_core.rerankers.flag.gemma2 import Gemma2, Squeeze

        layer = layer_asked(config, settings["layer"], config.get("layer_sep", 1))
        squeeze = Squeeze(settings["compress_ratio"], layers_of(settings["compress_layers"]))
        network = Gemma2(folder, config, layer, settings["head"], squeeze, dtype, device)
        prompt = ANSWER_PROMPT
    if tokenizer.bos_token_id is None:
        raise RerankLensError("the tokenizer of this model has no token for the begin of a text")
    pairs = Pairs(tokenizer, prompt, settings["max_length"], [tokenizer.bos_token_id])
    return Layered(network, pairs, batch_size=8 if device == "cpu" else 32)


def layer_asked(config: Mapping[str, Any], layer: int | None, step: int) -> int:
    """The layer itself, the last one for None; raises SettingsError for a layer that has no head."""
    try:
        first, last = int(config["start_layer"]), int(config["num_hidden_layers"])
    except (KeyError, TypeError, ValueError):
        raise RerankLensError("this model has no heads on its layers (no start_layer in config.json)") from None
    heads = range(first, last + 1, step)
    if layer is None:
        return heads[-1]
    if layer not in heads:
        every = "" if step == 1 else f" in steps of {step}"
        raise SettingsError(f"layer must lie between {first} and {heads[-1]}{every}, not {layer}")
    return layer


def layers_of(text: str) -> frozenset[int]:
    """Layers out of a text such as "24, 40"; raises SettingsError for anything else."""
    try:
        layers = frozenset(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        example = 'numbers with commas between, such as "24, 40"'
        raise SettingsError(f"compress_layers must be {example}, not {text!r}") from None
    if any(layer < 1 for layer in layers):
        raise SettingsError("compress_layers count from 1: a passage is not compressed before the first layer")
    return layers
