"""From a transformers encoder to what gives its tokens' vectors, whatever its shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rerank_core.inference.encoders.body_weights import BodyWeights, read_body
from rerank_core.inference.encoders.modern_encoder import ModernTokens
from rerank_core.inference.encoders.modern_weights import ModernWeights, read_modern
from rerank_core.inference.encoders.torch_encoder import TorchTokens
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import Arithmetic, Plan, Runner

if TYPE_CHECKING:
    from torch import Tensor

Tokens = Callable[[Sequence[Pair]], Sequence["Tensor"]]
"""Inputs -> the vectors of the tokens of each, float32 of shape (tokens, width)."""
EncoderBody = BodyWeights | ModernWeights
"""An encoder's weights, of either shape."""


def read_encoder(body: Any) -> EncoderBody:
    """The weights of a transformers encoder. Raises UnknownModelError for one of another shape."""
    return read_modern(body) if type(body).__name__ == "ModernBertModel" else read_body(body)


def tokens_in_torch(weights: EncoderBody, arithmetic: Arithmetic, device: str, runner: Runner = "torch") -> Tokens:
    """What computes in torch, or in torch with oneDNN."""
    kind = TorchTokens if isinstance(weights, BodyWeights) else ModernTokens
    return kind(weights, arithmetic, device, runner)  # type: ignore[arg-type]


def tokens_by(weights: EncoderBody, how: Plan, device: str, streams: int) -> Tokens:
    """What computes as a plan says that `can_run` allows; safe for `streams` threads."""
    if how.runner == "openvino" and isinstance(weights, BodyWeights):
        from rerank_core.inference.encoders.openvino_encoder import OpenVinoTokens

        return OpenVinoTokens(weights, how.arithmetic, streams)
    return tokens_in_torch(weights, how.arithmetic, device, how.runner)


def can_run(weights: EncoderBody, how: Plan) -> bool:
    """Whether an encoder of this shape can be run so: OpenVINO's graph is of BERT's shape."""
    return how.runner != "openvino" or isinstance(weights, BodyWeights)


def release(body: Any) -> None:
    """Let go of the layers of a transformers encoder; what is shared with weights that were read stays with those."""
    import torch

    if hasattr(body, "layers"):
        body.layers = torch.nn.ModuleList()
    else:
        blocks = body.transformer if hasattr(body, "transformer") else body.encoder
        blocks.layer = torch.nn.ModuleList()
