"""Every way through attention that the engine has, against the formula in double precision."""

from __future__ import annotations

import inspect
from importlib.util import find_spec
from typing import Any

from rerank_core.inference.encoders import attention

LENGTHS = (1, 1, 7, 64, 64, 64, 3, 300, 129, 2)
HEADS, WIDTH, WINDOW = 4, 128, 32
LIMITS = {"float32": 2e-5, "bfloat16": 2e-2, "float16": 3e-3}
"""The largest difference that rounding explains, for values around 1."""
_NEAR = "near_"


def attention_rows(device: str) -> list[dict[str, Any]]:
    """A row per path, type and kind of asker: the largest difference, and whether it is what rounding explains."""
    import torch

    cuda = device.startswith("cuda")
    rows = []
    for name, path in inspect.getmembers(attention, inspect.isfunction):
        if name.startswith("_") or path.__module__ != attention.__name__:
            continue
        for kind, limit in LIMITS.items():
            if kind == "float16" and not cuda:
                continue  # a CPU computes it twenty times slower, and the engine never does
            for single in (False, True):
                row = {"path": name, "type": kind, "asks": "the first token" if single else "every token"}
                if name == "flash" and (
                    not cuda or kind == "float32" or find_spec("torch.nn.attention.varlen") is None
                ):
                    rows.append(row | {"worst": None, "right": "not here: CUDA and 16 bits only"})
                    continue
                if single and name.startswith(_NEAR):
                    continue
                torch.manual_seed(5)
                parts = [torch.randn(sum(LENGTHS), WIDTH).to(device, getattr(torch, kind)) for _ in range(3)]
                worst = _worst(path, parts, single, WINDOW if name.startswith(_NEAR) else None)
                rows.append(row | {"worst": worst, "right": worst <= limit})
    return rows


def _worst(path: Any, parts: list[Any], single: bool, window: int | None) -> float:
    import torch

    query, keys, values = parts
    starts = [sum(LENGTHS[:place]) for place in range(len(LENGTHS))]
    asked = query[torch.tensor(starts, device=query.device)] if single else query
    more = () if window is None else (window,)
    with torch.inference_mode():
        found = path(asked, keys, values, LENGTHS, HEADS, *more).double().cpu()
    wanted = torch.cat([
        _by_formula(*(part[start : start + length].double().cpu() for part in parts), window)[: 1 if single else length]
        for start, length in zip(starts, LENGTHS, strict=True)
    ])  # fmt: skip
    return float((found - wanted).abs().max())


def _by_formula(query: Any, keys: Any, values: Any, window: int | None) -> Any:
    """softmax(Q K' / sqrt(d)) V of one sequence, head by head (Vaswani et al. 2017, arXiv 1706.03762)."""
    import torch

    places, size = torch.arange(len(query)), WIDTH // HEADS
    far = (places[:, None] - places[None]).abs() > (window if window is not None else len(query))
    parts = []
    for head in range(HEADS):
        own = slice(head * size, (head + 1) * size)
        scores = (query[:, own] @ keys[:, own].T / size**0.5).masked_fill(far, float("-inf"))
        parts.append(torch.softmax(scores, dim=1) @ values[:, own])
    return torch.cat(parts, dim=1)
