"""Who computes a model: its few possible runners are timed once per machine, library version and shape.

One block of the model with tables of a few words stands for the whole of it: all its blocks are alike, and OpenVINO
takes seconds to compile a whole model, tenths of a second for one block. The time is the processor's, not the clock's:
where other programs take both cores, the clock's least of eight rounds was still up to three times what it is alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from threading import Lock
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.inference.choice.interleaved import fastest_first, least_seconds
from rerank_core.inference.choice.kept_rates import keep_rates, kept_rates
from rerank_core.inference.device import cpu_name
from rerank_core.inference.encoders.body_weights import BodyWeights
from rerank_core.inference.encoders.one_block import one_block
from rerank_core.inference.encoders.tokens import EncoderBody, can_run, tokens_by
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import RUNNERS, Abilities, Arithmetic, Plan, Runner, ways
from rerank_core.inference.streams import Streams

if TYPE_CHECKING:
    from torch import Tensor

VARIABLE = "RERANK_LENS_RUNNER"
"""The environment variable that names a runner, for all models that it can run; RULE: as `precision.plan` says."""
RULE = "rule"
BUDGET = 0.3
"""Seconds of timing by the clock, after each runner has been made and has run once."""
_OPERATIONS = 4e9
"""Of each pack for the timing: those of a large model hold fewer inputs, but never fewer than two."""
_LENGTHS = (139, 151, 145, 155, 135, 142, 149)
"""Tokens of a pack's inputs: OpenVINO pads them to 160, about as much as packs of like lengths are padded."""
_timing = Lock()
_known: dict[str, dict[Runner, float]] = {}


def chosen(weights: EncoderBody, how: Plan, here: Abilities, streams: int) -> tuple[Plan, ...]:
    """The ways to carry out a plan of `plan` with this model: the one to take, then the others.

    `streams`: packs that run at once on a CPU. Raises SettingsError where the environment names no runner.
    """
    pinned = os.environ.get(VARIABLE, "").strip()
    if pinned not in ("", RULE, *RUNNERS):
        raise SettingsError(f"{VARIABLE} is {RULE}, {', '.join(RUNNERS)} or not set, not {pinned!r}.")
    possible = {way.runner: way for way in ways(how, here) if can_run(weights, way)}
    if len(possible) == 1:
        return tuple(possible.values())
    if not pinned and (rates := _rates(weights, possible, streams)):
        told = ", ".join(f"{RUNNERS[name]} {rates[name]:.0f}" for name in sorted(rates, key=lambda one: -rates[one]))
        words = f"chosen by timing on this machine ({told} GFLOP/s a core)"
        return tuple(replace(possible[name], chosen=words) for name in fastest_first(rates))
    first = next((name for name in (pinned, how.runner) if name in possible), next(iter(possible)))
    words = f"as {VARIABLE} says" if first == pinned else "chosen by rule"
    return tuple(replace(possible[name], chosen=words) for name in sorted(possible, key=lambda name: name != first))


def _rates(weights: EncoderBody, possible: Mapping[Runner, Plan], streams: int) -> dict[Runner, float]:
    """Operations in 1e9 a second and core, of those that can be run; {} where none can."""
    key = _key(weights, next(iter(possible.values())).arithmetic, streams)
    with _timing:
        if key not in _known:
            kept = kept_rates(key, possible)
            if kept is None:
                # another process may have kept its own by now: all of them say the same then
                found, kept = _measured(weights, possible, streams), kept_rates(key, possible)
                if kept is None:
                    keep_rates(key, found)
                    kept = found
            _known[key] = kept
        return _known[key]


def _key(weights: EncoderBody, arithmetic: Arithmetic, streams: int) -> str:
    """What decides how fast a block is, as a text."""
    layer = weights.layers[0]
    parts = (layer.qkv, layer.out, layer.up, layer.down)
    products = " ".join("x".join(map(str, one.weight.shape)) for one in parts)
    libraries = ", ".join(f"{name} {_version(name)}" for name in ("torch", "openvino"))
    kind = "BERT" if isinstance(weights, BodyWeights) else "ModernBERT"
    shape = f"{kind} {products}, {weights.heads} heads, {weights.activation}"
    return f"{cpu_name()}, {os.cpu_count()} processors, {streams} packs; {libraries}; {shape}; {arithmetic}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _measured(weights: EncoderBody, possible: Mapping[Runner, Plan], streams: int) -> dict[Runner, float]:
    most = len(weights.positions) if isinstance(weights, BodyWeights) else max(_LENGTHS)
    small = one_block(weights, most)
    each = [min(length, most) for length in _LENGTHS]
    count = min(len(each), max(2, int(_OPERATIONS / small.token_flops(sum(each) // len(each)))))
    inputs = [_input(length) for length in each[:count]] * streams
    runs: dict[Runner, Streams[Pair, Tensor]] = {}
    for name, way in possible.items():
        # a library that fails on this machine is no candidate
        with suppress(Exception):
            run: Streams[Pair, Tensor] = Streams(tokens_by(small, way, "cpu", streams), streams, name == "openvino")
            run(inputs)
            runs[name] = run
    least = least_seconds({name: partial(run, inputs) for name, run in runs.items()}, BUDGET)
    for run in runs.values():
        run.close()
    done = sum(small.token_flops(len(one)) for one in inputs)
    return {name: float(f"{done / max(seconds, 1e-9) / 1e9:.4g}") for name, seconds in least.items()}


def _input(length: int) -> Pair:
    import numpy as np

    return Pair(np.arange(length, dtype=np.int32) % 2, np.zeros(length, np.int32))
