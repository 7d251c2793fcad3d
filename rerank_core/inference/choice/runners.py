"""Who computes a model: its few possible runners are timed once per machine, library version and shape.

One block of the model with tables of a few words stands for the whole of it: all its blocks are alike, and OpenVINO
takes seconds to compile a whole model, tenths of a second for one block. The time is the processor's, not the clock's:
where other programs took both cores, the clock's least of eight rounds was still about three times as much.
All of it takes 0.2 to 0.9 s of a processor on two cores together, 1.4 s where vectors have 1,024 dimensions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from threading import Lock

from rerank_core.errors import SettingsError
from rerank_core.inference.choice.interleaved import fastest_first, least_seconds
from rerank_core.inference.choice.kept_rates import keep_rates, kept_rates
from rerank_core.inference.device import cpu_name
from rerank_core.inference.encoders.body_weights import BodyWeights
from rerank_core.inference.encoders.one_block import one_block
from rerank_core.inference.encoders.tokens import EncoderBody, Tokens, can_run, tokens_by
from rerank_core.inference.pair_tokens import Pair
from rerank_core.inference.precision import RUNNERS, Abilities, Arithmetic, Plan, Runner, ways
from rerank_core.inference.streams import one_thread_each

VARIABLE = "RERANK_LENS_RUNNER"
"""The environment variable that names a runner, for all models that it can run; RULE: as `precision.plan` says."""
RULE = "rule"
BUDGET = 0.3
"""Seconds of timing by the clock, after each runner has been made and has run once."""
_OPERATIONS = 2e9
"""Of a pack for the timing at most, unless it is the smallest."""
_PACKS = ((158, 152, 147, 142, 137, 132, 127), (172, 160, 149, 139), (165, 147))
"""Tokens of the inputs of a pack. Padding costs each runner about what it costs over passages of a reranking: torch,
which fills the whole of a pack up, 3 %, OpenVINO, which fills up each input to the longest, 13 %."""
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
    most = len(weights.positions) if isinstance(weights, BodyWeights) else max(map(max, _PACKS))
    small = one_block(weights, most)
    for lengths in _PACKS:
        inputs = [_input(min(length, most)) for length in lengths]
        done = streams * sum(small.token_flops(len(one)) for one in inputs)
        if done <= streams * _OPERATIONS:
            break
    with ThreadPoolExecutor(streams, "timing", one_thread_each) as pool:
        works: dict[Runner, Callable[[], object]] = {}
        for name, way in possible.items():
            # a library that fails on this machine is no candidate
            with suppress(Exception):
                work = partial(_all_at_once, pool, tokens_by(small, way, "cpu", streams), [inputs] * streams)
                work()
                works[name] = work
        least = least_seconds(works, BUDGET)
    return {name: float(f"{done / max(seconds, 1e-9) / 1e9:.4g}") for name, seconds in least.items()}


def _all_at_once(pool: ThreadPoolExecutor, run: Tokens, packs: list[list[Pair]]) -> None:
    for _ in pool.map(run, packs):
        pass


def _input(length: int) -> Pair:
    import numpy as np

    return Pair(np.arange(length, dtype=np.int32) % 2, np.zeros(length, np.int32))
