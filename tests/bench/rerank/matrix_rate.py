"""What the machine can do at all: the products of a layer of a model, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rerank_core.inference.encoders.encoder_weights import EncoderWeights
from rerank_core.inference.engine import GPU_TOKENS
from rerank_core.inference.streams import PACK, one_thread_each


def rate(rates: Sequence[tuple[float, float]]) -> dict[str, float]:
    """The medians of (operations a wall second, operations a CPU second), in units of 1e9."""
    import numpy as np

    wall, cpu = np.median(rates, axis=0)
    return {"gflops": wall / 1e9, "cpu_gflops": cpu / 1e9}


def products_of_a_layer(
    weights: EncoderWeights, arithmetic: str, device: str, onednn: bool = False
) -> Callable[[], int]:
    """A function that multiplies packs of random tokens by the four matrices of the first layer, on all cores at once.

    It gives the number of floating-point operations that it did. int8 is torch's, activations quantised on the way;
    `onednn`: with weights that oneDNN has prepared.
    """
    import torch

    layer, tokens = weights.layers[0], PACK if device == "cpu" else GPU_TOKENS
    parts = [one.weight for one in (layer.qkv, layer.out, layer.up, layer.down)]
    count = torch.get_num_threads() if device == "cpu" else 1
    pool = ThreadPoolExecutor(count, initializer=one_thread_each if device == "cpu" else None)
    repeats = max(1, int(40e9 / (2 * tokens * sum(part.numel() for part in parts)))) if device == "cpu" else 20

    def run(_: int) -> int:
        with torch.inference_mode():
            for _turn in range(repeats):
                for step in steps:
                    step()
        return repeats * sum(2 * tokens * part.numel() for part in parts)

    steps = [_step(part, tokens, arithmetic, device, onednn) for part in parts]

    def whole() -> int:
        done = sum(pool.map(run, range(count)))
        if device != "cpu":
            torch.cuda.synchronize()
        return done

    return whole


def _step(weight: Any, tokens: int, arithmetic: str, device: str, onednn: bool) -> Callable[[], Any]:
    import torch

    from rerank_core.inference.encoders.body_weights import Linear
    from rerank_core.inference.encoders.products import float_product, int8_weight

    rows = torch.randn(tokens, weight.shape[1])
    if arithmetic == "int8":
        prepared = int8_weight(weight)
        return lambda: torch.ops.quantized.linear_dynamic(rows, prepared)
    dtype = getattr(torch, arithmetic)
    given, table = rows.to(device, dtype), weight.to(device, dtype)
    if onednn:
        product = float_product(Linear(weight, None), torch.device(device), dtype, onednn=True)
        return lambda: product(given, None)
    return lambda: torch.nn.functional.linear(given, table)
