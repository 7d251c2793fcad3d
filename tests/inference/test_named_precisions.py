"""What each named precision becomes on which machine."""

from __future__ import annotations

import pytest

from rerank_core.inference.precision import Abilities, plan

OLD_CPU = Abilities("cpu", bfloat16=False, int8_dot=False, openvino=True)
NEW_CPU = Abilities("cpu", bfloat16=True, int8_dot=True, openvino=True)
BARE_CPU = Abilities("cpu", bfloat16=True, int8_dot=True, openvino=False)
GPU = Abilities("cuda:0", bfloat16=True, int8_dot=False, openvino=True)
OLD_GPU = Abilities("cuda", bfloat16=False, int8_dot=False, openvino=False)
MAC = Abilities("mps", bfloat16=False, int8_dot=False, openvino=False)


@pytest.mark.parametrize("here", [OLD_CPU, NEW_CPU, BARE_CPU, GPU, OLD_GPU, MAC])
def test_exact_is_float32_everywhere_and_needs_no_note(here: Abilities) -> None:
    found = plan("exact", here)
    assert (found.runner, found.arithmetic, found.note) == ("torch", "float32", "")


@pytest.mark.parametrize(
    ("here", "runner", "arithmetic"),
    [
        (OLD_CPU, "torch", "float32"),
        (NEW_CPU, "openvino", "bfloat16"),
        (BARE_CPU, "torch", "bfloat16"),
        (GPU, "torch", "bfloat16"),
        (OLD_GPU, "torch", "float16"),
        (MAC, "torch", "float32"),
    ],
)
def test_fast_is_16_bit_where_the_device_computes_in_it(here: Abilities, runner: str, arithmetic: str) -> None:
    found = plan("fast", here)
    assert (found.runner, found.arithmetic) == (runner, arithmetic)
    assert bool(found.note) == (arithmetic == "float32")


@pytest.mark.parametrize(
    ("here", "runner", "arithmetic"),
    [
        (OLD_CPU, "torch", "int8"),
        (NEW_CPU, "openvino", "int8"),
        (BARE_CPU, "torch", "int8"),
        (GPU, "torch", "bfloat16"),
        (MAC, "torch", "float32"),
    ],
)
def test_a_preview_always_says_what_it_is(here: Abilities, runner: str, arithmetic: str) -> None:
    found = plan("preview", here)
    assert (found.runner, found.arithmetic) == (runner, arithmetic)
    assert "preview" in found.note
