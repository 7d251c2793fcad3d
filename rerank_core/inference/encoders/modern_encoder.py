"""The forward pass of a ModernBERT-shaped encoder over packs of inputs, in torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rerank_core.inference.encoders import attention
from rerank_core.inference.encoders.body_weights import Linear
from rerank_core.inference.encoders.modern_weights import ModernLayer, ModernWeights
from rerank_core.inference.encoders.packed_inputs import packed
from rerank_core.inference.encoders.products import float_product, int8_product
from rerank_core.inference.encoders.torch_encoder import RowNorm, attention_for, filled_up
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import Arithmetic, Runner

if TYPE_CHECKING:
    from torch import Tensor

    from rerank_core.inference.encoders.products import Product


class ModernTokens:
    """Gives the vectors of all tokens of packs of inputs.

    As in `TorchBody`, products and attention are in the arithmetic that is asked for, the rest in float32.
    """

    def __init__(self, weights: ModernWeights, arithmetic: Arithmetic, device: str, runner: Runner = "torch") -> None:
        import torch

        self._device, self._whole_numbers = torch.device(device), arithmetic == "int8"
        self._dtype = torch.float32 if self._whole_numbers else getattr(torch, arithmetic)
        self._onednn = runner == "onednn"
        self._attend = attention_for(self._device, self._dtype)
        self._fills_up = self._device.type == "cpu"
        self._near = attention.near_by_sequence if self._device.type == "cpu" else attention.near_padded
        self._heads, self._width = weights.heads, weights.width // weights.heads
        self._words = self._moved(weights.words)
        self._norm, self._final = RowNorm(weights.norm, self._moved), RowNorm(weights.final_norm, self._moved)
        self._blocks = [self._block(layer, weights.activation) for layer in weights.layers]

    def __call__(self, inputs: Sequence[Pair]) -> list[Tensor]:
        """Float32 of shape (tokens, width), one per input, in their order; all go through the model at once."""
        import torch

        if not inputs:
            return []
        with torch.inference_mode():
            return list(torch.split(self.rows(inputs), [len(one) for one in inputs]))

    def rows(self, pairs: Sequence[Pair]) -> Tensor:
        """The vectors of all tokens, (tokens of all, width). In inference mode, please."""
        import torch

        inputs = packed(pairs, None)
        rows = self._norm(self._words[torch.from_numpy(inputs.ids).to(self._device)])
        positions = torch.from_numpy(inputs.positions).to(self._device)
        if self._fills_up:
            rows = filled_up(rows)
            positions = torch.nn.functional.pad(positions, (0, len(rows) - len(positions)))
        turns: dict[bool, tuple[Tensor, Tensor]] = {}
        for block in self._blocks:
            near = block.window is not None
            if near not in turns:
                turns[near] = _turns(positions, block.frequencies)
            rows = rows.add_(self._attended(block, rows, inputs.lengths, turns[near]))
            given = block.mlp_norm(rows).to(self._dtype)
            inner = block.up(given, None).mul_(block.gate(given, None))
            rows = rows.add_(block.down(inner, None))
        return self._final(rows[: len(inputs.ids)])

    def _attended(self, block: _Block, rows: Tensor, lengths: Sequence[int], turns: tuple[Tensor, Tensor]) -> Tensor:
        given = rows if block.attention_norm is None else block.attention_norm(rows)
        qkv = block.qkv(given.to(self._dtype), None)
        both = qkv[:, : 2 * self._heads * self._width].view(len(rows), 2 * self._heads, self._width)
        # queries and keys turn alike
        query, keys = _turned(both, *turns).view(len(rows), -1).chunk(2, dim=1)
        values = qkv[:, 2 * self._heads * self._width :]
        if block.window is None:
            attended = self._attend(query, keys, values, lengths, self._heads)
        else:
            attended = self._near(query, keys, values, lengths, self._heads, block.window)
        return block.out(attended, None)

    def _block(self, layer: ModernLayer, activation: str) -> _Block:
        return _Block(
            None if layer.attention_norm is None else RowNorm(layer.attention_norm, self._moved),
            self._product(layer.qkv),
            self._product(layer.out),
            RowNorm(layer.mlp_norm, self._moved),
            self._product(layer.up, activation),
            self._product(layer.gate),
            self._product(layer.down),
            layer.window,
            self._moved(layer.frequencies),
        )

    def _product(self, linear: Linear, then: str = "") -> Product:
        if self._whole_numbers:
            return int8_product(linear, then)
        return float_product(linear, self._device, self._dtype, then, onednn=self._onednn)

    def _moved(self, tensor: Tensor) -> Tensor:
        return tensor.to(self._device).contiguous()


class _Block(NamedTuple):
    attention_norm: RowNorm | None
    qkv: Product
    out: Product
    mlp_norm: RowNorm
    up: Product
    gate: Product
    down: Product
    window: int | None
    frequencies: Tensor


def _turns(positions: Tensor, frequencies: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each token's angles, (tokens, 1, half of a head)."""
    angles = (positions[:, None].float() * frequencies)[:, None]
    return angles.cos(), angles.sin()


def _turned(heads: Tensor, cosine: Tensor, sine: Tensor) -> Any:
    """Rotary positions: the first half of each head with its second half, as pairs, turned by the token's angles.

    `heads` (tokens, heads, width of a head). Su et al., RoFormer, 2021, doi 10.48550/arXiv.2104.09864.
    """
    import torch

    first, second = heads.float().chunk(2, dim=-1)
    turned = torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
    return turned.to(heads.dtype)
