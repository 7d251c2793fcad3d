"""Three named precisions, and what each one means on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal["exact", "fast", "preview"]
Arithmetic = Literal["float32", "bfloat16", "float16", "int8"]
Runner = Literal["torch", "openvino"]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What decides how a model is run: the device, what its arithmetic knows, and whether OpenVINO is installed.

    `bfloat16`: natively, not emulated. `int8_dot`: an instruction that adds up products of bytes (VNNI, AMX, dot
    product on ARM); without one, products of bytes are cut to 7 bits, or they overflow. `amd_avx512`: 512 bits at
    once, on a processor for which MKL has no code of its own.
    """

    device: str
    bfloat16: bool
    int8_dot: bool
    openvino: bool
    amd_avx512: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a precision is carried out. `note`: what a person should know of it, "" for nothing."""

    precision: Precision
    runner: Runner
    arithmetic: Arithmetic
    note: str = ""


def plan(precision: Precision, here: Abilities) -> Plan:
    """The fastest way that keeps what the precision promises: never another order of passages than it says.

    exact is float32 everywhere. fast is 16 bit where the device computes in it (never float16 on a CPU: twenty times
    slower there), else it is exact. preview is int8 on a CPU, and fast elsewhere.
    """
    if precision == "exact":
        return Plan(precision, "torch", "float32")
    kind = here.device.partition(":")[0]
    if kind == "cuda":
        arithmetic: Arithmetic = "bfloat16" if here.bfloat16 else "float16"
        note = "" if precision == "fast" else f"preview is computed as fast ({arithmetic}) on a GPU"
        return Plan(precision, "torch", arithmetic, note)
    if kind != "cpu":
        return Plan(precision, "torch", "float32", f"{precision} is computed as exact on {kind}")
    if precision == "preview":
        # without an instruction for products of bytes OpenVINO has no int8 of its own to use
        runner: Runner = "openvino" if here.openvino and here.int8_dot else "torch"
        return Plan(precision, runner, "int8", "preview: weights and activations in 8 bits, near scores may swap")
    if here.bfloat16:
        return Plan(precision, "openvino" if here.openvino else "torch", "bfloat16")
    return Plan(precision, "torch", "float32", "this CPU has no bfloat16 arithmetic: fast is computed as exact")
