"""The forward pass of a BERT-shaped encoder in OpenVINO, as a graph that is built from the weights.

OpenVINO computes in bfloat16 wherever the CPU can unless it is told otherwise, so the precision is always named.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import local
from typing import TYPE_CHECKING, Any

from rerank_core.inference.encoders.body_weights import BodyWeights, Layer, Linear, Norm
from rerank_core.inference.encoders.encoder_weights import EncoderWeights
from rerank_core.inference.encoders.packed_inputs import positions
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import Arithmetic

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Array = NDArray[np.generic]

_STEP = 16
"""Lengths are padded to multiples of this: OpenVINO keeps a plan for each shape, and its memory would grow and grow."""


class _OpenVino:
    """A compiled graph on the CPU; safe for several threads, each of which is a stream of its own.

    `int8`: weights in 8 bits, a scale for each output; activations as OpenVINO quantises them while it runs.
    """

    def __init__(self, weights: BodyWeights, arithmetic: Arithmetic, streams: int) -> None:
        import openvino

        self._pad_id = weights.pad_id
        options = {
            "INFERENCE_PRECISION_HINT": "f32" if arithmetic == "float32" else "bf16",
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": str(streams),
            "ENABLE_CPU_PINNING": False,
        }
        graph = _Graph(weights, int8=arithmetic == "int8").model
        self._compiled = openvino.Core().compile_model(graph, "CPU", options)
        self._per_thread = local()

    def _outputs(self, inputs: Sequence[Pair]) -> NDArray[np.float32]:
        """What the graph gives for all inputs at once, padded to the longest."""
        if not hasattr(self._per_thread, "request"):
            self._per_thread.request = self._compiled.create_infer_request()
        found: NDArray[np.float32] = self._per_thread.request.infer(_padded(inputs, self._pad_id), share_inputs=True)[0]
        return found


class OpenVinoEncoder(_OpenVino):
    """Scores packs of pairs."""

    def __init__(self, weights: EncoderWeights, arithmetic: Arithmetic, streams: int) -> None:
        super().__init__(weights, arithmetic, streams)

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Raw scores, one per pair, in their order; all pairs go through the model at once."""
        scores: list[float] = self._outputs(pairs).reshape(-1).tolist() if pairs else []
        return scores


class OpenVinoTokens(_OpenVino):
    """Gives the vectors of all tokens of packs of inputs."""

    def __call__(self, inputs: Sequence[Pair]) -> list[Tensor]:
        """Float32 of shape (tokens, width), one per input, in their order; all go through the model at once."""
        import torch

        if not inputs:
            return []
        rows = torch.from_numpy(self._outputs(inputs))
        return [row[: len(one)] for row, one in zip(rows, inputs, strict=True)]


def _padded(pairs: Sequence[Pair], pad_id: int | None) -> list[Array]:
    """Ids, types, positions and what is real, each of shape (pairs, tokens of the longest, rounded up)."""
    import numpy as np

    width = -(-max(map(len, pairs)) // _STEP) * _STEP
    ids, types, places = (np.zeros((len(pairs), width), np.int32) for _ in range(3))
    real = np.zeros((len(pairs), 1, 1, width), np.bool_)
    for row, pair in enumerate(pairs):
        tokens = slice(len(pair))
        ids[row, tokens], types[row, tokens], places[row, tokens] = pair.ids, pair.types, positions(pair, pad_id)
        real[row, 0, 0, tokens] = True
    return [ids, types, places, real]


class _Graph:
    """The model as OpenVINO's operations; its inputs are those of `_padded`.

    It gives scores where the weights have a head, else the vectors of all tokens, (inputs, tokens, width).
    """

    def __init__(self, weights: BodyWeights, int8: bool) -> None:
        import numpy as np
        import openvino
        from openvino import opset13

        self._op, self._np, self._int8 = opset13, np, int8
        self._heads = weights.heads
        self._width = weights.width // weights.heads
        ids, types, places = (opset13.parameter([-1, -1], np.int32) for _ in range(3))
        self._real = opset13.parameter([-1, 1, 1, -1], np.bool_)
        tables = (weights.words, ids), (weights.types, types), (weights.positions, places)
        words, kinds, order = (self._row(table, index) for table, index in tables)
        rows = self._normal(opset13.add(opset13.add(words, kinds), order), weights.norm)
        if weights.projection is not None:
            rows = self._product(rows, weights.projection)
        for layer in weights.layers[:-1]:
            rows = self._block(rows, rows, layer, weights.activation)
        scoring = isinstance(weights, EncoderWeights)
        # where only a score is wanted no other token's vector is read after the last block
        asking = opset13.slice(rows, *(opset13.constant(np.array([at])) for at in (0, 1, 1, 1))) if scoring else rows
        out = self._block(asking, rows, weights.layers[-1], weights.activation)
        if isinstance(weights, EncoderWeights):
            head = self._activate(self._product(out, weights.head, exact=True), weights.head_activation)
            out = self._product(head, weights.score, exact=True)
        self.model = openvino.Model([out], [ids, types, places, self._real])

    def _block(self, asking: Any, rows: Any, layer: Layer, activation: str) -> Any:
        op, width = self._op, layer.out.weight.shape[0]
        parts = [
            self._split(self._product(source, layer.qkv.outputs(part)))
            for source, part in (
                (asking, slice(width)),
                (rows, slice(width, 2 * width)),
                (rows, slice(2 * width, None)),
            )
        ]
        attended = op.scaled_dot_product_attention(*parts, self._real)
        joined = op.reshape(op.transpose(attended, [0, 2, 1, 3]), [0, 0, width], True)
        rows = self._normal(op.add(self._product(joined, layer.out), asking), layer.attention_norm)
        inner = self._activate(self._product(rows, layer.up), activation)
        return self._normal(op.add(self._product(inner, layer.down), rows), layer.output_norm)

    def _split(self, rows: Any) -> Any:
        """(pairs, tokens, heads x width) to (pairs, heads, tokens, width)."""
        op = self._op
        return op.transpose(op.reshape(rows, [0, 0, self._heads, self._width], True), [0, 2, 1, 3])

    def _product(self, rows: Any, linear: Linear, exact: bool = False) -> Any:
        op, np = self._op, self._np
        weight = linear.weight.float().cpu().numpy()
        if self._int8 and not exact:
            scales = np.maximum(np.abs(weight).max(axis=1, keepdims=True), 1e-8) / 127
            small = op.constant(np.round(weight / scales).astype(np.int8))
            table = op.multiply(op.convert(small, np.float32), op.constant(scales.astype(np.float32)))
        else:
            table = op.constant(weight)
        return self._add(op.matmul(rows, table, False, True), linear.bias)

    def _add(self, rows: Any, bias: Tensor | None) -> Any:
        return rows if bias is None else self._op.add(rows, self._op.constant(bias.float().cpu().numpy()))

    def _row(self, table: Any, index: Any) -> Any:
        op, np = self._op, self._np
        return op.gather(op.constant(table.float().cpu().numpy()), index, op.constant(np.array(0)))

    def _normal(self, rows: Any, norm: Norm) -> Any:
        op, np = self._op, self._np
        axes = op.constant(np.array([-1]))
        plain = op.mvn(rows, axes, True, norm.epsilon, "inside_sqrt")
        return self._add(op.multiply(plain, op.constant(norm.weight.float().cpu().numpy())), norm.bias)

    def _activate(self, rows: Any, name: str) -> Any:
        op = self._op
        if name.startswith("gelu"):
            return op.gelu(rows, "tanh" if name == "gelu_tanh" else "erf")
        return op.relu(rows) if name == "relu" else op.tanh(rows)
