"""The weights of a BERT-shaped encoder without a head, by what they do, out of a transformers model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rerank_core.inference.pair_tokens import UnknownModelError

if TYPE_CHECKING:
    from torch import Tensor

BODIES = {
    "BertModel": False,
    "ElectraModel": False,
    "RobertaModel": True,
    "XLMRobertaModel": True,
    "CamembertModel": True,
    "DistilBertModel": False,
}
"""Class -> whether positions begin after the padding's id as RoBERTa's do."""
ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}
"""A configuration's name -> ours; "gelu_tanh" is the approximation by tanh."""


@dataclass(frozen=True, slots=True)
class Linear:
    """`weight` of shape (out, in), `bias` of shape (out,); None: nothing is added."""

    weight: Tensor
    bias: Tensor | None

    def outputs(self, some: slice) -> Linear:
        """The part that gives some of the outputs: views."""
        return Linear(self.weight[some], None if self.bias is None else self.bias[some])


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation: `weight` and `bias` of shape (width,); a `bias` of None adds nothing."""

    weight: Tensor
    bias: Tensor | None
    epsilon: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One block: attention over (query, key, value) in one product, then two products with an activation between."""

    qkv: Linear
    out: Linear
    attention_norm: Norm
    up: Linear
    down: Linear
    output_norm: Norm


@dataclass(frozen=True, slots=True)
class BodyWeights:
    """An encoder that gives a vector per token.

    `words`, `positions` and `types` are embedding tables of shape (entries, width); `projection` widens them where the
    model does that. `pad_id` is set where positions count only tokens that are no padding, beginning at `pad_id + 1`;
    None: they count from 0.
    """

    words: Tensor
    positions: Tensor
    types: Tensor
    norm: Norm
    projection: Linear | None
    layers: tuple[Layer, ...]
    heads: int
    activation: str
    pad_id: int | None

    @property
    def width(self) -> int:
        """The length of a token's vector."""
        return int(self.layers[0].out.weight.shape[0])

    def token_flops(self, tokens: int) -> int:
        """Floating-point operations of the matrix products for the vectors of one text of so many tokens."""
        every = sum(2 * linear.weight.numel() for layer in self.layers for linear in _linears(layer))
        return tokens * every + 4 * tokens * tokens * self.width * len(self.layers)


def _linears(layer: Layer) -> tuple[Linear, ...]:
    return layer.qkv, layer.out, layer.up, layer.down


def read_body(body: Any) -> BodyWeights:
    """The weights of a transformers encoder (float32; shared with it where that is possible, so do not change them).

    Raises UnknownModelError, with the reason, for one of another shape.
    """
    kind, config = type(body).__name__, body.config
    if kind not in BODIES:
        raise UnknownModelError(f"{kind} is not of BERT's, XLM-R's or ModernBERT's shape")
    activation = config.activation if kind == "DistilBertModel" else config.hidden_act
    if activation not in ACTIVATIONS:
        raise UnknownModelError(f"its activation is {activation}")
    if getattr(config, "is_decoder", False) or getattr(config, "position_embedding_type", "absolute") != "absolute":
        raise UnknownModelError("its attention is not that of a plain encoder")
    if kind == "DistilBertModel":
        return _distilled(body, ACTIVATIONS[activation])
    table = body.embeddings
    return BodyWeights(
        words=data(table.word_embeddings.weight),
        positions=data(table.position_embeddings.weight),
        types=data(table.token_type_embeddings.weight),
        norm=norm(table.LayerNorm),
        projection=linear(body.embeddings_project) if hasattr(body, "embeddings_project") else None,
        layers=tuple(_layer(layer) for layer in body.encoder.layer),
        heads=config.num_attention_heads,
        activation=ACTIVATIONS[activation],
        pad_id=config.pad_token_id if BODIES[kind] else None,
    )


def _distilled(body: Any, activation: str) -> BodyWeights:
    """DistilBERT's, which has BERT's blocks under other names and no types of tokens: nothing is added for those.

    Sanh et al., 2019, doi 10.48550/arXiv.1910.01108.
    """
    import torch

    table = body.embeddings
    words = data(table.word_embeddings.weight)
    return BodyWeights(
        words=words,
        positions=data(table.position_embeddings.weight),
        # as many as BERT has, for tokenizers that tell them all the same
        types=torch.zeros(2, words.shape[1], device=words.device),
        norm=norm(table.LayerNorm),
        projection=None,
        layers=tuple(
            Layer(
                qkv=_together(layer.attention.q_lin, layer.attention.k_lin, layer.attention.v_lin),
                out=linear(layer.attention.out_lin),
                attention_norm=norm(layer.sa_layer_norm),
                up=linear(layer.ffn.lin1),
                down=linear(layer.ffn.lin2),
                output_norm=norm(layer.output_layer_norm),
            )
            for layer in body.transformer.layer
        ),
        heads=body.config.n_heads,
        activation=activation,
        pad_id=None,
    )


def _layer(layer: Any) -> Layer:
    attention = layer.attention.self
    return Layer(
        qkv=_together(attention.query, attention.key, attention.value),
        out=linear(layer.attention.output.dense),
        attention_norm=norm(layer.attention.output.LayerNorm),
        up=linear(layer.intermediate.dense),
        down=linear(layer.output.dense),
        output_norm=norm(layer.output.LayerNorm),
    )


def _together(*modules: Any) -> Linear:
    """One product in place of several: their outputs one after the other."""
    import torch

    return Linear(torch.cat([data(one.weight) for one in modules]), torch.cat([data(one.bias) for one in modules]))


def linear(module: Any) -> Linear:
    """The weights of a torch Linear, in float32."""
    return Linear(data(module.weight), None if module.bias is None else data(module.bias))


def norm(module: Any) -> Norm:
    """The weights of a torch LayerNorm, in float32."""
    return Norm(data(module.weight), None if module.bias is None else data(module.bias), module.eps)


def data(parameter: Any) -> Tensor:
    """A parameter's values in float32, without a way back to it."""
    values: Tensor = parameter.detach().float()
    return values
