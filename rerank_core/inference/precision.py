"""Three named precisions, and what each one means on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Precision = Literal["exact", "fast", "preview"]
Arithmetic = Literal["float32", "bfloat16", "float16", "int8"]
Runner = Literal["torch", "onednn", "openvino"]
RUNNERS: Mapping[Runner, str] = {"torch": "torch", "onednn": "torch with oneDNN", "openvino": "OpenVINO"}
"""The simplest first, with its name for a person. onednn: torch, with weights that oneDNN has prepared."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What decides how a model is run: the device, what its arithmetic knows, and what is installed.

    `bfloat16`: natively, not emulated. `int8_dot`: an instruction that adds up products of bytes (VNNI, AMX, dot
    product on ARM); without one, products of bytes are cut to 7 bits, or they overflow. `amd_avx512`: 512 bits at
    once, on a processor for which MKL has no code of its own. `onednn`: this torch lets oneDNN prepare weights.
    """

    device: str
    bfloat16: bool
    int8_dot: bool
    openvino: bool
    amd_avx512: bool = False
    onednn: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How a precision is carried out. `note`: what a person should know of it, "" for nothing.

    `chosen`: by what the runner was chosen among others, in words; "" where there was one way.
    """

    precision: Precision
    runner: Runner
    arithmetic: Arithmetic
    note: str = ""
    chosen: str = ""

    @property
    def description(self) -> str:
        """Such as "exact: float32 by torch"."""
        return f"{self.precision}: {self.arithmetic} by {RUNNERS[self.runner]}"


def plan(precision: Precision, here: Abilities) -> Plan:
    """By rule, without timing: never another order of passages than the precision says.

    exact is float32 everywhere. fast is 16 bit where the device computes in it (never float16 on a CPU: twenty times
    slower there), else it is exact. preview is int8 on a CPU, and fast elsewhere.
    """
    kind = here.device.partition(":")[0]
    if precision == "exact":
        return Plan(precision, in_torch("float32", here), "float32")
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
        return Plan(precision, "openvino" if here.openvino else in_torch("bfloat16", here), "bfloat16")
    note = "this CPU has no bfloat16 arithmetic: fast is computed as exact"
    return Plan(precision, in_torch("float32", here), "float32", note)


def in_torch(arithmetic: Arithmetic, here: Abilities) -> Runner:
    """By rule: torch, or torch with oneDNN where that is known to be faster.

    In float32 MKL, which torch asks else, leaves AVX-512 half unused on AMD's processors. In bfloat16 torch asks oneDNN
    too, and has it prepare the weights again for each product.
    """
    if here.device.partition(":")[0] != "cpu" or not here.onednn:
        return "torch"
    faster = here.amd_avx512 if arithmetic == "float32" else arithmetic == "bfloat16" and here.bfloat16
    return "onednn" if faster else "torch"


def ways(how: Plan, here: Abilities) -> tuple[Plan, ...]:
    """All runners that keep what a plan of `plan` promises on this device, the simplest first; its own among them."""
    if here.device.partition(":")[0] != "cpu":
        return (how,)
    possible: dict[Runner, bool] = {
        # in bfloat16 torch alone does what oneDNN does, and prepares the weights for each product
        "torch": how.arithmetic != "bfloat16" or not here.onednn,
        "onednn": how.arithmetic != "int8" and here.onednn,
        "openvino": here.openvino and (how.arithmetic != "int8" or here.int8_dot),
    }
    return tuple(replace(how, runner=name) for name in RUNNERS if possible[name])
