"""The forward pass of a BERT-shaped encoder over packs of inputs, in torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rerank_core.inference.encoders import attention
from rerank_core.inference.encoders.body_weights import BodyWeights, Layer, Linear, Norm
from rerank_core.inference.encoders.encoder_weights import EncoderWeights
from rerank_core.inference.encoders.packed_inputs import packed
from rerank_core.inference.encoders.products import activation, float_product, int8_product, rounded_up
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import Arithmetic, Runner

if TYPE_CHECKING:
    from torch import Tensor

    from rerank_core.inference.encoders.products import Product


class TorchBody:
    """The blocks over packs of inputs.

    Products and attention are computed in the arithmetic that is asked for; what is handed on from block to block, and
    its normalisation, stay in float32, which cuts the drift of bfloat16 by more than half.
    """

    def __init__(
        self,
        weights: BodyWeights,
        arithmetic: Arithmetic,
        device: str,
        runner: Runner = "torch",
        first_only: bool = False,
    ) -> None:
        """`first_only`: the last block works on the first tokens only, where no other token's vector is read."""
        import torch

        self._device = torch.device(device)
        self._dtype = torch.float32 if arithmetic == "int8" else getattr(torch, arithmetic)
        self._onednn = runner == "onednn"
        self._attend = attention_for(self._device, self._dtype)
        self._fills_up = self._device.type == "cpu"
        self._heads, self._pad_id = weights.heads, weights.pad_id
        self._words, self._positions, self._types = map(self._moved, (weights.words, weights.positions, weights.types))
        self._norm = RowNorm(weights.norm, self._moved)
        self._whole_numbers = arithmetic == "int8"
        product = int8_product if self._whole_numbers else self._product
        self._projection = product(weights.projection) if weights.projection else None
        layers = weights.layers[:-1] if first_only else weights.layers
        self._blocks = [_Block(layer, product, weights.activation, self._moved) for layer in layers]
        last = weights.layers[-1]
        self._last = _Block(last, product, weights.activation, self._moved, last=True) if first_only else None

    def rows(self, pairs: Sequence[Pair]) -> Tensor:
        """All inputs go through the model at once: (tokens of all, width), or with `first_only` (inputs, width).

        In inference mode, please.
        """
        import torch

        inputs = packed(pairs, self._pad_id)
        lengths = inputs.lengths
        ids, types, positions = (
            torch.from_numpy(rows).to(self._device) for rows in (inputs.ids, inputs.types, inputs.positions)
        )
        rows = self._words[ids].add_(self._types[types])
        rows = self._norm(rows.add_(self._positions[positions]))
        if self._projection is not None:
            rows = self._projection(rows.to(self._dtype), None).float()
        if self._fills_up:
            rows = filled_up(rows)
        room = self._room(len(rows))
        for block in self._blocks:
            qkv = block.qkv(rows.to(self._dtype), room.qkv).chunk(3, dim=1)
            rows = self._through(block, rows, qkv, lengths, room)
        if self._last is None:
            return rows[: len(ids)]
        first = rows[torch.tensor((0, *lengths[:-1]), device=self._device).cumsum(0)]
        keys, values = self._last.qkv(rows.to(self._dtype), None).chunk(2, dim=1)
        query = self._last.query(first.to(self._dtype), None)
        return self._through(self._last, first, (query, keys, values), lengths, _Room())

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
        inner = block.up(rows.to(self._dtype), room.inner)
        return block.output_norm(block.down(inner, room.out).float().add_(rows))

    def _moved(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device).contiguous()

    def _product(self, linear: Linear, then: str = "", any_rows: bool = False) -> Product:
        return float_product(linear, self._device, self._dtype, then, any_rows, self._onednn)


class TorchEncoder(TorchBody):
    """Scores packs of pairs."""

    def __init__(self, weights: EncoderWeights, arithmetic: Arithmetic, device: str, runner: Runner = "torch") -> None:
        super().__init__(weights, arithmetic, device, runner, first_only=True)
        self._activate_head = activation(weights.head_activation)
        # two small products whose errors would reach the score undivided
        self._head, self._score = (
            float_product(linear, self._device, None, any_rows=True) for linear in (weights.head, weights.score)
        )

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Raw scores, one per pair, in their order; all pairs go through the model at once."""
        import torch

        if not pairs:
            return []
        with torch.inference_mode():
            head = self._activate_head(self._head(self.rows(pairs), None))
            scores: list[float] = self._score(head, None).flatten().tolist()
        return scores


class TorchTokens(TorchBody):
    """Gives the vectors of all tokens of packs of inputs."""

    def __call__(self, inputs: Sequence[Pair]) -> list[Tensor]:
        """Float32 of shape (tokens, width), one per input, in their order; all go through the model at once."""
        import torch

        if not inputs:
            return []
        with torch.inference_mode():
            return list(torch.split(self.rows(inputs), [len(one) for one in inputs]))


class _Room(NamedTuple):
    """Where the products of every block of a pack are written, of shape (tokens, width); None: into new memory.

    On a CPU new memory costs a tenth of the time of the two wide products.
    """

    qkv: Tensor | None = None
    out: Tensor | None = None
    inner: Tensor | None = None


class RowNorm:
    """Layer normalisation."""

    def __init__(self, norm: Norm, moved: Callable[[Tensor], Tensor]) -> None:
        bias = None if norm.bias is None else moved(norm.bias)
        self._weight, self._bias, self._epsilon = moved(norm.weight), bias, norm.epsilon

    def __call__(self, rows: Tensor) -> Tensor:
        """Each row normalised, as new rows."""
        from torch.nn.functional import layer_norm

        return layer_norm(rows, self._weight.shape, self._weight, self._bias, self._epsilon)


class _Block:
    """A layer's products; the last one has its query apart from keys and values."""

    def __init__(
        self,
        layer: Layer,
        product: Callable[..., Product],
        activation: str,
        moved: Callable[[Tensor], Tensor],
        last: bool = False,
    ) -> None:
        width = layer.out.weight.shape[0]
        self.qkv = product(layer.qkv.outputs(slice(width, None)) if last else layer.qkv)
        # as many rows as there are inputs
        single = {"any_rows": True} if last else {}
        self.query = product(layer.qkv.outputs(slice(width)), **single) if last else self.qkv
        self.out, self.down = product(layer.out, **single), product(layer.down, **single)
        self.up = product(layer.up, activation, **single)
        self.widths = len(layer.qkv.weight), len(layer.out.weight), len(layer.up.weight)
        self.attention_norm, self.output_norm = RowNorm(layer.attention_norm, moved), RowNorm(layer.output_norm, moved)


def filled_up(rows: Tensor) -> Tensor:
    """The rows, and as many zeros below them as `products.rounded_up` wants."""
    from torch.nn.functional import pad

    return pad(rows, (0, 0, 0, rounded_up(len(rows)) - len(rows)))


def attention_for(device: Any, dtype: Any) -> Callable[..., Tensor]:
    """The function of `attention` that is the fast one on a torch device."""
    import torch

    if device.type == "cpu":
        return attention.by_sequence
    half = device.type == "cuda" and dtype in (torch.float16, torch.bfloat16)
    return attention.flash if half and hasattr(torch.nn.attention, "varlen") else attention.padded
