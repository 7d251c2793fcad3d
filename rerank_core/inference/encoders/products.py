"""Rows times a layer's weights, plus the bias, through the activation: the fastest way that this machine has."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rerank_core.inference.device import cpu_abilities
from rerank_core.inference.encoders.body_weights import Linear

if TYPE_CHECKING:
    from torch import Tensor

    Activate = Callable[[Tensor], Tensor]
    Product = Callable[[Tensor, Tensor | None], Tensor]
    """(rows, what to write into or None) -> new rows, there or in new memory."""

_TINY = 1e-8
_PACK = 1024
# our activation -> oneDNN's names of it and of its variant
_ONEDNN = {"": ("none", ""), "gelu": ("gelu", "none"), "gelu_tanh": ("gelu", "tanh"), "relu": ("relu", "")}


def activation(name: str) -> Activate:
    """The function of this name (see `body_weights.ACTIVATIONS`; "": none), in place."""
    import torch

    activations: dict[str, Activate] = {
        "": lambda rows: rows,
        "gelu": torch.ops.aten.gelu_,
        "gelu_tanh": lambda rows: torch.ops.aten.gelu_(rows, approximate="tanh"),
        "relu": torch.relu_,
        "tanh": torch.tanh_,
    }
    return activations[name]


def rounded_up(rows: int) -> int:
    """The number of rows that a pack is filled up to on a CPU.

    oneDNN keeps a program, of up to some megabytes, for every number of rows that it has met.
    """
    step = 16 if rows <= 256 else 64 if rows <= 1280 else 512
    return -(-rows // step) * step


def float_product(
    linear: Linear, device: Any, dtype: Any, then: str = "", any_rows: bool = False, onednn: bool = False
) -> Product:
    """A product in `dtype` (None: that of the weights), followed by the activation `then`.

    `any_rows`: it is not only called with `rounded_up` numbers of rows. `onednn`: weights that oneDNN prepares once,
    where rows are rounded up and it knows the activation.
    """
    import torch

    weight = linear.weight.to(device, dtype)
    bias = None if linear.bias is None else linear.bias.to(device, dtype).contiguous()
    if onednn and not any_rows and then in _ONEDNN:
        return _onednn_product(weight, bias, then)
    turned, activate = weight.contiguous().t(), activation(then)
    if bias is None:
        return lambda rows, out: activate(torch.mm(rows, turned, out=out))
    return lambda rows, out: activate(torch.addmm(bias, rows, turned, out=out))


def _onednn_product(weight: Tensor, bias: Tensor | None, then: str) -> Product:
    import torch

    prepared = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), _PACK)
    name, variant = _ONEDNN[then]
    multiply = torch.ops.mkldnn._linear_pointwise
    return lambda rows, out: multiply(rows, prepared, bias, name, [], variant)


def int8_product(linear: Linear, then: str = "", any_rows: bool = False) -> Product:
    """Weights in 8 bits with a scale for each output, activations in 8 bits with a scale for each token.

    Always into new memory. It takes any number of rows, whatever `any_rows` says.
    """
    import torch

    prepared, bias = int8_weight(linear.weight), 0.0 if linear.bias is None else linear.bias.cpu()
    activate = activation(then)

    def product(rows: Tensor, out: Tensor | None) -> Tensor:
        largest = rows.abs().amax(dim=1, keepdim=True).clamp_min(_TINY)
        scaled: Tensor = torch.ops.quantized.linear_dynamic(rows / largest, prepared)
        return activate(scaled.mul_(largest).add_(bias))

    return product


def int8_weight(weight: Tensor) -> Any:
    """A weight of shape (out, in) in 8 bits, as torch's int8 products take it.

    In 7 bits where the processor would overflow in adding up products of bytes.
    """
    import torch

    top = 127 if cpu_abilities().int8_dot else 63
    scales = weight.abs().amax(dim=1).clamp_min(_TINY) / top
    zeros = torch.zeros(len(scales), dtype=torch.long)
    with warnings.catch_warnings():
        # torch means to drop its quantised tensors after the versions that are allowed here
        warnings.simplefilter("ignore", UserWarning)
        small = torch.quantize_per_channel(weight.cpu(), scales.cpu(), zeros, 0, torch.qint8)
        return torch.ops.quantized.linear_prepack(small, None)
