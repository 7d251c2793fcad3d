"""The forward pass of a BERT-shaped encoder over packs of pairs, in torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rerank_core.inference import attention
from rerank_core.inference.encoder_weights import EncoderWeights, Layer, Linear, Norm
from rerank_core.inference.packed_inputs import packed
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import Arithmetic

_TINY = 1e-8

if TYPE_CHECKING:
    from torch import Tensor

    Activate = Callable[[Tensor], Tensor]
    Product = Callable[[Tensor, Tensor | None], Tensor]


class TorchEncoder:
    """Scores packs of pairs. The last block works on the first tokens only: no other token's vector is read after it.

    Products and attention are computed in the arithmetic that is asked for; what is handed on from block to block, and
    its normalisation, stay in float32, which cuts the drift of bfloat16 by more than half.
    """

    def __init__(self, weights: EncoderWeights, arithmetic: Arithmetic, device: str) -> None:
        import torch

        self._device = torch.device(device)
        self._dtype = torch.float32 if arithmetic == "int8" else getattr(torch, arithmetic)
        self._attend = _attention(self._device, self._dtype)
        self._heads, self._pad_id = weights.heads, weights.pad_id
        self._activate = _activation(weights.activation)
        self._activate_head = _activation(weights.head_activation)
        self._words, self._positions, self._types = map(self._moved, (weights.words, weights.positions, weights.types))
        self._norm = _Norm(weights.norm, self._moved)
        self._whole_numbers = arithmetic == "int8"
        product = _int8_product if self._whole_numbers else self._product
        self._projection = product(weights.projection) if weights.projection else None
        self._blocks = [_Block(layer, product, self._moved) for layer in weights.layers[:-1]]
        self._last = _Block(weights.layers[-1], product, self._moved, last=True)
        # two small products whose errors would reach the score undivided
        self._head, self._score = (self._product(linear, exact=True) for linear in (weights.head, weights.score))

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Raw scores, one per pair, in their order; all pairs go through the model at once."""
        import torch

        if not pairs:
            return []
        inputs = packed(pairs, self._pad_id)
        lengths = inputs.lengths
        ids, types, positions = (
            torch.from_numpy(rows).to(self._device) for rows in (inputs.ids, inputs.types, inputs.positions)
        )
        with torch.inference_mode():
            rows = self._words[ids].add_(self._types[types])
            rows = self._norm(rows.add_(self._positions[positions]))
            if self._projection is not None:
                rows = self._projection(rows.to(self._dtype), None).float()
            room = self._room(len(rows))
            for block in self._blocks:
                qkv = block.qkv(rows.to(self._dtype), room.qkv).chunk(3, dim=1)
                rows = self._through(block, rows, qkv, lengths, room)
            first = rows[torch.tensor((0, *lengths[:-1]), device=self._device).cumsum(0)]
            keys, values = self._last.qkv(rows.to(self._dtype), None).chunk(2, dim=1)
            query = self._last.query(first.to(self._dtype), None)
            rows = self._through(self._last, first, (query, keys, values), lengths, _Room())
            scores: list[float] = self._score(self._activate_head(self._head(rows, None)), None).flatten().tolist()
        return scores

    def _room(self, tokens: int) -> _Room:
        import torch

        if not self._blocks or self._whole_numbers:
            return _Room()
        widths = self._blocks[0].widths
        return _Room(*(torch.empty(tokens, width, dtype=self._dtype, device=self._device) for width in widths))

    def _through(
        self, block: _Block, rows: Tensor, qkv: Sequence[Tensor], lengths: Sequence[int], room: _Room
    ) -> Tensor:
        query, keys, values = qkv
        attended = self._attend(query, keys, values, lengths, self._heads)
        rows = block.attention_norm(block.out(attended, room.out).float().add_(rows))
        inner = self._activate(block.up(rows.to(self._dtype), room.inner))
        return block.output_norm(block.down(inner, room.out).float().add_(rows))

    def _moved(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device).contiguous()

    def _product(self, linear: Linear, exact: bool = False) -> Product:
        import torch

        weight, bias = (
            self._moved(values if exact else values.to(self._dtype)) for values in (linear.weight, linear.bias)
        )
        return lambda rows, out: torch.addmm(bias, rows, weight.t(), out=out)


class _Room(NamedTuple):
    """Where the products of every block of a pack are written, of shape (tokens, width); None: into new memory.

    On a CPU new memory costs a tenth of the time of the two wide products.
    """

    qkv: Tensor | None = None
    out: Tensor | None = None
    inner: Tensor | None = None


class _Norm:
    def __init__(self, norm: Norm, moved: Callable[[Tensor], Tensor]) -> None:
        self._weight, self._bias, self._epsilon = moved(norm.weight), moved(norm.bias), norm.epsilon

    def __call__(self, rows: Tensor) -> Tensor:
        from torch.nn.functional import layer_norm

        return layer_norm(rows, self._weight.shape, self._weight, self._bias, self._epsilon)


class _Block:
    """A layer's products; the last one has its query apart from keys and values."""

    def __init__(
        self,
        layer: Layer,
        product: Callable[[Linear], Product],
        moved: Callable[[Tensor], Tensor],
        last: bool = False,
    ) -> None:
        width = layer.out.weight.shape[0]
        query, rest = (
            Linear(layer.qkv.weight[part], layer.qkv.bias[part]) for part in (slice(width), slice(width, None))
        )
        self.qkv = product(rest if last else layer.qkv)
        self.query = product(query) if last else self.qkv
        self.out, self.up, self.down = product(layer.out), product(layer.up), product(layer.down)
        self.widths = len(layer.qkv.bias), len(layer.out.bias), len(layer.up.bias)
        self.attention_norm, self.output_norm = _Norm(layer.attention_norm, moved), _Norm(layer.output_norm, moved)


def _attention(device: Any, dtype: Any) -> Callable[..., Tensor]:
    import torch

    if device.type == "cpu":
        return attention.by_sequence
    half = device.type == "cuda" and dtype in (torch.float16, torch.bfloat16)
    return attention.flash if half and hasattr(torch.nn.attention, "varlen") else attention.padded


def _activation(name: str) -> Activate:
    """In place."""
    import torch

    activations: dict[str, Activate] = {
        "gelu": torch.ops.aten.gelu_,
        "gelu_tanh": lambda rows: torch.ops.aten.gelu_(rows, approximate="tanh"),
        "relu": torch.relu_,
        "tanh": torch.tanh_,
    }
    return activations[name]


def _int8_product(linear: Linear) -> Product:
    """Weights in 8 bits with a scale for each output, activations in 8 bits with a scale for each token.

    Always into new memory.
    """
    import torch

    prepared, bias = int8_weight(linear.weight), linear.bias.cpu()

    def product(rows: Tensor, out: Tensor | None) -> Tensor:
        largest = rows.abs().amax(dim=1, keepdim=True).clamp_min(_TINY)
        scaled: Tensor = torch.ops.quantized.linear_dynamic(rows / largest, prepared)
        return scaled.mul_(largest).add_(bias)

    return product


def int8_weight(weight: Tensor) -> Any:
    """A weight of shape (out, in) in 8 bits, as torch's int8 products take it.

    In 7 bits where the processor would overflow in adding up products of bytes.
    """
    import torch

    from rerank_core.inference.device import cpu_abilities

    top = 127 if cpu_abilities().int8_dot else 63
    scales = weight.abs().amax(dim=1).clamp_min(_TINY) / top
    zeros = torch.zeros(len(scales), dtype=torch.long)
    with warnings.catch_warnings():
        # torch means to drop its quantised tensors after the versions that are allowed here
        warnings.simplefilter("ignore", UserWarning)
        small = torch.quantize_per_channel(weight.cpu(), scales.cpu(), zeros, 0, torch.qint8)
        return torch.ops.quantized.linear_prepack(small, None)
