"""`python -m tests.bench rerank`: the scoring engine's three precisions, beside other libraries."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine
from tests.bench.rerank.peers import PEERS
from tests.bench.rerank.world import SHAPES

WHAT = "time scoring pairs with a cross-encoder, beside other libraries and the machine's matrix rate"
_LIBRARIES = ("torch", "transformers", "sentence-transformers", "openvino", "onnxruntime", "FlagEmbedding")


def add_options(parser: Parser) -> None:
    """What is scored, and beside whom."""
    parser.add_argument("--shape", choices=tuple(SHAPES), default="minilm-l6", help="default: %(default)s")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of one query (default: %(default)s)")
    parser.add_argument("--tokens", type=int, default=143, help="of a pair in the mean (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="each times everything once (default: %(default)s)")
    peers = ", ".join(PEERS)
    parser.add_argument("--against", default="predict", help=f"comma separated: {peers} (default: %(default)s)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--growth", action="store_true", help="how the cost grows, in place of the comparison")


def rerank(call: Call) -> VerbResult:
    """Rows: a system each, or a size each with --growth. Raises SettingsError for a peer that is not known."""
    options = call.options
    against = tuple(name for name in options.against.split(",") if name)
    if unknown := [name for name in against if name not in PEERS]:
        raise SettingsError(f"there is no peer {', '.join(unknown)}; known: {', '.join(PEERS)}")
    if min(options.pairs, options.rounds) < 1 or not 16 <= options.tokens <= 512:
        raise SettingsError("pairs and rounds begin at 1, and a pair has 16 to 512 tokens")
    # the libraries tell of their every step on the screen otherwise
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from tests.bench.rerank.timing import Asked, growth, measure

    asked = Asked(options.shape, options.pairs, options.tokens, options.rounds, against, options.device)
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="rerank-lens-bench-") as folder:
        if options.growth:
            rows = growth(asked, Path(folder), call.progress)
            return VerbResult({"machine": _machine(load), "growth": rows}, (_machine_line(_machine(load)),), rows)
        result = measure(asked, Path(folder), call.progress)
    here = _machine(load)
    return VerbResult({"machine": here, **result}, _lines(here, result), _rows(result))


def _machine(load: float) -> dict[str, Any]:
    from rerank_core.inference.device import cpu_abilities, describe_device

    own = cpu_abilities()
    return {
        "device": describe_device(),
        "native_bfloat16": own.bfloat16,
        "native_int8": own.int8_dot,
        **machine(load, _LIBRARIES),
    }


def _machine_line(here: dict[str, Any]) -> str:
    native = [name for name in ("bfloat16", "int8") if here[f"native_{name}"]]
    return f"{here['device']}, native arithmetic beside float32: {' and '.join(native) or 'none'}; {load_line(here)}"


def _lines(here: dict[str, Any], result: dict[str, Any]) -> tuple[str, ...]:
    rates = "; ".join(
        f"{name} {rate['gflops']:.0f} GFLOP/s ({rate['cpu_gflops']:.0f} a CPU second)"
        for name, rate in result["matrix_rates"].items()
    )
    absent = "; ".join(f"{name} needs {lack}" for name, lack in result["absent"].items())
    return (
        f"{result['shape']}, {result['pairs']} pairs of {result['mean_tokens']:.0f} tokens, "
        f"{result['gflop']:.0f} GFLOP without padding",
        _machine_line(here),
        f"matrix products alone: {rates}",
        *(one["runs_as"] for one in result["systems"].values() if "runs_as" in one),
        *((f"not installed: {absent}",) if absent else ()),
        "ratio: predict's time by the system's in the same round, median (quartiles); above 1 the system is faster",
    )


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "system": name,
            "seconds": f"{one['seconds']:.2f}",
            "ratio": _spread(one["ratio"]),
            "CPU ratio": _spread(one["cpu_ratio"]),
            "of the matrix rate": f"{one['cpu_share'][1]:.0%}" if "share" in one else "",
            "drift": f"{one['max_drift']:.1e}",
            "tau": f"{one['tau']:.3f}",
            "MB": "" if one["mb"] is None else f"{one['mb']:.0f}",
            "arithmetic": f"{one['arithmetic']}, {one['runner']}" if "runner" in one else "",
        }
        for name, one in result["systems"].items()
    ]


def _spread(quartiles: Sequence[float]) -> str:
    low, middle, high = quartiles
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"
