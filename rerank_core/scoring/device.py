"""The device that local models run on, and how it is named to a person."""

from __future__ import annotations

import os
from typing import Literal

DeviceName = Literal["cuda", "mps", "cpu"]


def best_device() -> DeviceName:
    """CUDA where there is one, then Apple's MPS, then the CPU. Imports torch."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    return "cpu"


def describe_device(device: str | None = None) -> str:
    """Such as "cuda: NVIDIA H200, 139 GiB" or "cpu: 2 threads, 23 GiB". None: the best device. Imports torch."""
    import torch

    name = device or best_device()
    if name.startswith("cuda"):
        facts = torch.cuda.get_device_properties(torch.device(name))
        return f"{name}: {facts.name}, {facts.total_memory / 2**30:.0f} GiB"
    memory = memory_bytes()
    size = f", {memory / 2**30:.0f} GiB" if memory else ""
    if name.startswith("mps"):
        return f"{name}: Apple GPU{size} shared with the CPU"
    return f"{name}: {torch.get_num_threads()} threads{size}"


def memory_bytes() -> int | None:
    """The machine's memory; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
