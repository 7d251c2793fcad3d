"""The weights of a BERT-shaped sequence classifier, by what they do, out of a transformers model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rerank_core.inference.pair_tokens import UnknownModelError

if TYPE_CHECKING:
    from torch import Tensor

# class -> (its encoder's attribute, whether positions begin after the padding's id as RoBERTa's do)
_KNOWN = {
    "BertForSequenceClassification": ("bert", False),
    "ElectraForSequenceClassification": ("electra", False),
    "RobertaForSequenceClassification": ("roberta", True),
    "XLMRobertaForSequenceClassification": ("roberta", True),
    "CamembertForSequenceClassification": ("roberta", True),
}
# configuration's name -> ours; the second kind is the approximation by tanh
_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}


@dataclass(frozen=True, slots=True)
class Linear:
    """`weight` of shape (out, in), `bias` of shape (out,)."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation: `weight` and `bias` of shape (width,)."""

    weight: Tensor
    bias: Tensor
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
class EncoderWeights:
    """A whole model that gives one score.

    `words`, `positions` and `types` are embedding tables of shape (entries, width); `projection` widens them where the
    model does that. `head` and `head_activation` act on the first token's vector, `score` has one output. `pad_id` is
    set where positions count only tokens that are no padding, beginning at `pad_id + 1`; None: they count from 0.
    """

    words: Tensor
    positions: Tensor
    types: Tensor
    norm: Norm
    projection: Linear | None
    layers: tuple[Layer, ...]
    heads: int
    activation: str
    head: Linear
    head_activation: str
    score: Linear
    pad_id: int | None

    @property
    def width(self) -> int:
        """The length of a token's vector."""
        return int(self.layers[0].out.weight.shape[0])

    def flops(self, tokens: int) -> int:
        """Floating-point operations of the matrix products for one pair of so many tokens, attention's included.

        Of the last block only keys and values are counted for all tokens: the rest of it is done for one.
        """
        *others, last = self.layers
        every = sum(
            2 * linear.weight.numel() for layer in others for linear in (layer.qkv, layer.out, layer.up, layer.down)
        )
        every += 4 * self.width**2
        once = 2 * (self.width**2 + sum(linear.weight.numel() for linear in (last.out, last.up, last.down)))
        return tokens * every + once + 4 * tokens * self.width * (tokens * len(others) + 1)


def shape_problem(kind: str) -> str:
    """Why the engine cannot run a transformers class of this name; "" where it can. Imports no torch."""
    return "" if kind in _KNOWN else f"{kind} is not of BERT's or XLM-R's shape"


def read_weights(model: Any) -> EncoderWeights:
    """The weights of a transformers model (float32; shared with it where that is possible, so do not change them).

    Raises UnknownModelError, with the reason, for a model of another shape.
    """
    kind, config = type(model).__name__, model.config
    if problem := shape_problem(kind):
        raise UnknownModelError(problem)
    if config.num_labels != 1:
        raise UnknownModelError(f"it gives {config.num_labels} scores per pair")
    if config.hidden_act not in _ACTIVATIONS:
        raise UnknownModelError(f"its activation is {config.hidden_act}")
    if getattr(config, "is_decoder", False) or getattr(config, "position_embedding_type", "absolute") != "absolute":
        raise UnknownModelError("its attention is not that of a plain encoder")
    attribute, roberta = _KNOWN[kind]
    encoder = getattr(model, attribute)
    table = encoder.embeddings
    head, activation, score = _head(model, encoder, attribute)
    return EncoderWeights(
        words=_data(table.word_embeddings.weight),
        positions=_data(table.position_embeddings.weight),
        types=_data(table.token_type_embeddings.weight),
        norm=_norm(table.LayerNorm),
        projection=_linear(encoder.embeddings_project) if hasattr(encoder, "embeddings_project") else None,
        layers=tuple(_layer(layer) for layer in encoder.encoder.layer),
        heads=config.num_attention_heads,
        activation=_ACTIVATIONS[config.hidden_act],
        head=head,
        head_activation=activation,
        score=score,
        pad_id=config.pad_token_id if roberta else None,
    )


def _head(model: Any, encoder: Any, attribute: str) -> tuple[Linear, str, Linear]:
    if attribute == "bert":
        return _linear(encoder.pooler.dense), "tanh", _linear(model.classifier)
    classifier = model.classifier
    return _linear(classifier.dense), "gelu" if attribute == "electra" else "tanh", _linear(classifier.out_proj)


def _layer(layer: Any) -> Layer:
    import torch

    attention = layer.attention.self
    parts = [_linear(module) for module in (attention.query, attention.key, attention.value)]
    return Layer(
        qkv=Linear(torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts])),
        out=_linear(layer.attention.output.dense),
        attention_norm=_norm(layer.attention.output.LayerNorm),
        up=_linear(layer.intermediate.dense),
        down=_linear(layer.output.dense),
        output_norm=_norm(layer.output.LayerNorm),
    )


def _linear(module: Any) -> Linear:
    return Linear(_data(module.weight), _data(module.bias))


def _norm(module: Any) -> Norm:
    return Norm(_data(module.weight), _data(module.bias), module.eps)


def _data(parameter: Any) -> Tensor:
    values: Tensor = parameter.detach().float()
    return values
