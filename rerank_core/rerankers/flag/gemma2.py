"""Gemma 2 that stops early and squeezes passages on the way (bge-reranker-v2.5-gemma2-lightweight).

Two ways of the authors' own code (FlagEmbedding's gemma_model.py, as on the hub) are kept, because it is what people
run and measure:
- It takes the heads in the order of the layers asked for, so that one layer, whichever, gets the first head, which
  was trained for layer 8. The setting `head` is "first" for that, "own" for the head of the layer itself.
- Its class leaves attention to torch's own kernel, which knows no soft cap on attention logits (with transformers 4.46,
  which it asks for, only Gemma 2's own class turns that kernel off); so there is none here.
The last product is taken in float32, theirs in the model's own precision: bfloat16 leaves three digits, and ties.
Against that code on transformers 4.46, a random tiny model gave the same scores to 1e-5 in float32 (layers, ratios,
a sliding window); so did `flag_minicpm`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    "head_dim",
    "hidden_activation",
    "max_position_embeddings",
    "rms_norm_eps",
    "attention_bias",
    "query_pre_attn_scalar",
    "sliding_window",
)


@dataclass(frozen=True, slots=True)
class Squeeze:
    """After as many layers as each of `layers` says, every `ratio` neighbouring states of a passage become one."""

    ratio: int
    layers: frozenset[int]


class Gemma2:
    """The network up to one layer, and one head."""

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Any],
        layer: int,
        which_head: str,
        squeeze: Squeeze,
        dtype: Any,
        device: str,
    ) -> None:
        from transformers import Gemma2Config, Gemma2Model

        if config.get("model_type") != "cost_wise_gemma" or not config.get("layer_wise"):
            raise RerankLensError(f"{folder} is not a lightweight Gemma 2 with heads on its layers")
        gemma = Gemma2Config(
            **{name: config[name] for name in _SAME if name in config},
            num_hidden_layers=layer,
            rope_parameters={"rope_type": "default", "rope_theta": config.get("rope_theta", 10000.0)},
            attn_logit_softcapping=None,
            use_cache=False,
        )
        gemma._attn_implementation = "sdpa"
        self._device, self._squeeze = device, squeeze
        self._body = body(Gemma2Model, gemma, folder, dtype, device)
        place = 0 if which_head == "first" else (layer - config["start_layer"]) // config.get("layer_sep", 1)
        self._head, self._cap = head(folder, place, device), config.get("final_logit_softcapping")

    def __call__(self, rows: Sequence[Row]) -> list[float]:
        """The head's dot product with the normed state of the last token, under the soft cap on logits."""
        import torch

        lengths = [len(row.ids) for row in rows]
        with torch.inference_mode():
            states = self._body.embed_tokens(right_padded([row.ids for row in rows], self._device))
            masks, turns = self._surroundings(states)
            for number, layer in enumerate(self._body.layers):
                if self._squeeze.ratio > 1 and number in self._squeeze.layers:
                    states, lengths = squeezed(states, lengths, rows, self._squeeze.ratio)
                    masks, turns = self._surroundings(states)
                mask = masks[self._body.config.layer_types[number]]
                states = layer(states, attention_mask=mask, position_embeddings=turns)
            last = torch.tensor(lengths, device=states.device) - 1
            ends = self._body.norm(states[torch.arange(len(rows), device=states.device), last])
            scores = ends.float() @ self._head
            if self._cap is not None:
                scores = torch.tanh(scores / self._cap) * self._cap
        return [float(score) for score in scores]

    def _surroundings(self, states: Any) -> tuple[dict[str, Any], Any]:
        """What a layer needs beside its states: masks by kind of layer, and the rotations of the positions."""
        import torch
        from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask

        positions = torch.arange(states.shape[1], device=states.device)[None]
        # by position: the fourth was renamed in transformers 5.24
        facts = (self._body.config, states, None, None, positions)
        masks = {
            "full_attention": create_causal_mask(*facts),
            "sliding_attention": create_sliding_window_causal_mask(*facts),
        }
        return masks, self._body.rotary_emb(states, positions)


def squeezed(states: Any, lengths: Sequence[int], rows: Sequence[Row], ratio: int) -> tuple[Any, list[int]]:
    """The states, shape (rows, longest, hidden), with means for each passage's groups of `ratio`, and the new lengths.

    The last group of a passage may be smaller: its mean is over what it has.
    """
    import torch

    kept = []
    for row, length, state in zip(rows, lengths, states, strict=True):
        passage = state[row.head : length - row.tail]
        means = [group.mean(dim=0, keepdim=True) for group in passage.split(ratio)]
        kept.append(torch.cat([state[: row.head], *means, state[length - row.tail : length]]))
    return torch.nn.utils.rnn.pad_sequence(kept, batch_first=True), [len(state) for state in kept]
