"""The weights of a ModernBERT-shaped encoder, by what they do, out of a transformers model.

Warner et al., ModernBERT, 2024, doi 10.48550/arXiv.2412.13663: rotary positions, normalisation before each half of a
block, a gated activation, and local attention in all but every few blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rerank_core.inference.encoders.body_weights import ACTIVATIONS, Linear, Norm, data, linear, norm
from rerank_core.inference.pair_tokens import UnknownModelError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class ModernLayer:
    """One block. `up` gives what goes through the activation, `gate` what that is multiplied by.

    `attention_norm` None: the first block has none. `window`: how many tokens to each side a token attends to; None:
    all. `frequencies`: the angle by which each pair of a head's values turns from token to token, (half of a head,).
    """

    attention_norm: Norm | None
    qkv: Linear
    out: Linear
    mlp_norm: Norm
    up: Linear
    gate: Linear
    down: Linear
    window: int | None
    frequencies: Tensor


@dataclass(frozen=True, slots=True)
class ModernWeights:
    """An encoder that gives a vector per token. `words` is an embedding table of shape (entries, width)."""

    words: Tensor
    norm: Norm
    layers: tuple[ModernLayer, ...]
    final_norm: Norm
    heads: int
    activation: str

    @property
    def width(self) -> int:
        """The length of a token's vector."""
        return int(self.words.shape[1])

    def token_flops(self, tokens: int) -> int:
        """Floating-point operations of the matrix products for the vectors of one text of so many tokens."""
        total = 0
        for layer in self.layers:
            parts = (layer.qkv, layer.out, layer.up, layer.gate, layer.down)
            seen = tokens if layer.window is None else min(tokens, 2 * layer.window + 1)
            total += tokens * (2 * sum(part.weight.numel() for part in parts) + 4 * seen * self.width)
        return total


def read_modern(body: Any) -> ModernWeights:
    """The weights of a transformers ModernBertModel (float32; shared with it, so do not change them).

    Raises UnknownModelError, with the reason, for one of another shape.
    """
    kind, config = type(body).__name__, body.config
    if kind != "ModernBertModel":
        raise UnknownModelError(f"{kind} is not of ModernBERT's shape")
    if config.hidden_activation not in ACTIVATIONS:
        raise UnknownModelError(f"its activation is {config.hidden_activation}")
    if turns := set(body.rotary_emb.rope_type.values()) - {"default"}:
        raise UnknownModelError(f"its positions turn in the way {min(turns)}")
    return ModernWeights(
        words=data(body.embeddings.tok_embeddings.weight),
        norm=norm(body.embeddings.norm),
        layers=tuple(_layer(layer, body.rotary_emb, config.sliding_window) for layer in body.layers),
        final_norm=norm(body.final_norm),
        heads=config.num_attention_heads,
        activation=ACTIVATIONS[config.hidden_activation],
    )


def _layer(layer: Any, rotary: Any, window: int) -> ModernLayer:
    both = linear(layer.mlp.Wi)
    inner = len(both.weight) // 2
    return ModernLayer(
        attention_norm=norm(layer.attn_norm) if hasattr(layer.attn_norm, "weight") else None,
        qkv=linear(layer.attn.Wqkv),
        out=linear(layer.attn.Wo),
        mlp_norm=norm(layer.mlp_norm),
        up=both.outputs(slice(inner)),
        gate=both.outputs(slice(inner, None)),
        down=linear(layer.mlp.Wo),
        window=window if layer.attention_type == "sliding_attention" else None,
        frequencies=data(getattr(rotary, f"{layer.attention_type}_inv_freq")),
    )
