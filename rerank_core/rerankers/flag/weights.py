"""Reads the parts of a layered BGE checkpoint: the layers up to one, and one head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.rerankers.catalogue.local_folder import weight_files


def body(kind: type[Any], config: Any, folder: Path, dtype: Any, device: str) -> Any:
    """A transformers model of class `kind`, with only the layers that `config` asks for, ready to score.

    Raises RerankLensError where the checkpoint lacks a weight: a layer would score at random without it.
    """
    import torch

    class Part(kind):  # type: ignore[misc]
        # what is left out on purpose: the heads, and the layers above
        _keys_to_ignore_on_load_unexpected = (r"^lm_head\.", r"layers\.\d+\.")
        # Gemma 2 rules it out for its soft cap on attention alone, which is not used here
        _supports_sdpa = True

    model, facts = Part.from_pretrained(
        str(folder), config=config, dtype=dtype, local_files_only=True, output_loading_info=True
    )
    if missing := sorted(facts["missing_keys"]):
        raise RerankLensError(f"{folder} lacks {len(missing)} of the weights, {missing[0]} among them")
    return model.to(torch.device(device)).eval()


def head(folder: Path, place: int, device: str) -> Any:
    """The weights of the head at `place` (from 0), shape (hidden,), float32."""
    import torch
    from safetensors import safe_open

    name = f"lm_head.{place}.linear_head.weight"
    for path in weight_files(folder):
        if path.suffix != ".safetensors":
            continue
        with safe_open(str(path), framework="pt") as weights:
            if name in set(weights.keys()):
                return weights.get_tensor(name).to(torch.device(device), torch.float32).reshape(-1)
    raise RerankLensError(f"{folder} has no {name} in its safetensors")


def right_padded(rows: list[list[int]], device: str) -> Any:
    """Token ids, shape (rows, longest), zeros on the right: a causal model's real tokens never look at them."""
    import torch

    width = max(map(len, rows))
    return torch.tensor([row + [0] * (width - len(row)) for row in rows], device=torch.device(device))
