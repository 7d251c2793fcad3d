"""`python -m tests.bench encode`: embeddings, token vectors and term weights, beside sentence-transformers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.encode.models import CASES
from tests.bench.machine import load_line, machine

WHAT = "time embeddings, token vectors and SPLADE's terms through the engine, beside sentence-transformers"
_LIBRARIES = ("torch", "transformers", "sentence-transformers", "openvino")


def add_options(parser: Parser) -> None:
    """What is encoded."""
    parser.add_argument("--cases", default=",".join(CASES), help="comma separated (default: %(default)s)")
    parser.add_argument("--texts", type=int, default=516, help="of the demo; large models take a sixteenth of them")
    parser.add_argument("--rounds", type=int, default=3, help="each times everything once (default: %(default)s)")
    parser.add_argument("--growth", action="store_true", help="how the cost grows, in place of the comparison")


def encode(call: Call) -> VerbResult:
    """Rows: a case and a system each, or a size each with --growth. Raises SettingsError for an unknown case."""
    options = call.options
    cases = [name for name in options.cases.split(",") if name]
    if unknown := [name for name in cases if name not in CASES]:
        raise SettingsError(f"there is no case {', '.join(unknown)}; known: {', '.join(CASES)}")
    if min(options.texts, options.rounds) < 1:
        raise SettingsError("texts and rounds begin at 1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from rerank_core.inference.device import describe_device
    from tests.bench.encode.timing import SAME, demo, growth, in_common, measure

    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="rerank-lens-bench-") as place:
        folder = Path(place)
        if options.growth:
            rows = growth(folder, call.progress)
            here = machine(load, _LIBRARIES)
            return VerbResult({"machine": here, "growth": rows}, (f"{describe_device()}; {load_line(here)}",), rows)
        found: dict[str, Any] = {}
        for name in cases:
            texts = demo(max(1, options.texts // CASES[name].share))
            found[name] = measure(CASES[name], texts, options.rounds, folder, call.progress)
        common = in_common(folder, demo(options.texts)) if "embedding" in cases else None
    here = machine(load, _LIBRARIES)
    lines = [
        f"{describe_device()}; {load_line(here)}",
        "ratio: the library's time by the system's in the same round, median (quartiles); above 1 the system is faster",
        *(f"{name}: {CASES[name].what}" for name in cases),
    ]
    lines += [
        f"{name}: exact differs from the library by {drift:.1e}: its figures mean nothing"
        for name, own in found.items()
        if (drift := own["exact"]["drift"]) > SAME
    ]
    if common is not None:
        lines.append(f"embedding: exact and fast have {common:.4f} of the first 100 passages in common")
    result = {"machine": here, "cases": found, "in_common": common}
    return VerbResult(result, tuple(lines), _rows(found))


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "case": name,
            "system": system,
            "seconds": f"{one['seconds']:.2f}",
            "texts per second": f"{one['texts_per_second']:.1f}",
            "ratio": _spread(one["ratio"]),
            "CPU ratio": _spread(one["cpu_ratio"]),
            "drift": f"{one['drift']:.1e}",
            "lowest cosine": f"{one['cosine']:.5f}",
            "how": one["notes"],
        }
        for name, systems in found.items()
        for system, one in systems.items()
    ]


def _spread(quartiles: Sequence[float]) -> str:
    low, middle, high = quartiles
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"
