"""The device that local models run on, what it can do, and how it is named to a person."""

from __future__ import annotations

import importlib.util
import os
import platform
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

from rerank_core.inference.precision import Abilities

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


def abilities(device: str | None = None) -> Abilities:
    """What the device and the installed libraries can do. None: the best device. Imports torch."""
    name = device or best_device()
    import torch

    # torch has no public way to weights that oneDNN prepares
    operators = torch.ops.mkldnn
    onednn = all(hasattr(operators, one) for one in ("_linear_pointwise", "_reorder_linear_weight"))
    of_cpu = replace(cpu_abilities(), device=name, onednn=onednn)
    if not name.startswith("cuda"):
        return of_cpu
    return replace(of_cpu, bfloat16=torch.cuda.get_device_capability(torch.device(name)) >= (8, 0))


@cache
def cpu_name() -> str:
    """The processor's name, family, model and stepping, as Linux tells it; elsewhere what Python knows of it."""
    facts = dict(line.split(":", 1) for line in _cpu_text().partition("\n\n")[0].splitlines() if ":" in line)
    told = {name.strip(): value.strip() for name, value in facts.items()}
    names = ("model name", "cpu family", "model", "stepping", "CPU implementer", "CPU part")
    return " ".join(told[name] for name in names if name in told) or platform.processor() or platform.machine()


def _cpu_text() -> str:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return ""


@cache
def cpu_abilities() -> Abilities:
    """What this machine's CPU can do, as Linux tells it; elsewhere nothing but float32 is taken for granted.

    `onednn` stays False here, as only torch knows it.
    """
    text = _cpu_text()
    flags = {flag for line in text.splitlines() if line.startswith(("flags", "Features")) for flag in line.split()}
    return Abilities(
        device="cpu",
        bfloat16=bool(flags & {"avx512_bf16", "amx_bf16", "bf16"}),
        int8_dot=bool(flags & {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"}),
        openvino=importlib.util.find_spec("openvino") is not None,
        amd_avx512="AuthenticAMD" in text and "avx512f" in flags,
    )
