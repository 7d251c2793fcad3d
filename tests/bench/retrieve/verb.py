"""`python -m tests.bench retrieve`: the first stage at a size, beside the libraries alone."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine

WHAT = "time indexing, updating and asking a made-up collection, beside other libraries"


def add_options(parser: Parser) -> None:
    """The collection's size, and how much is asked."""
    parser.add_argument("--passages", type=int, default=100_000, help="at least 10,000 (default: %(default)s)")
    parser.add_argument("--dimensions", type=int, default=384, help="of a vector (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=100, help="asked of every system in turn (default: %(default)s)")
    parser.add_argument("--folder", help="where to build it, some 6 kB a passage (default: the temporary folder)")


def retrieve(call: Call) -> VerbResult:
    """Rows: a step or a system each; nothing is left behind."""
    from tests.bench.retrieve.timing import CHANGED, World, measure

    options = call.options
    passages = max(10 * CHANGED, options.passages)
    with TemporaryDirectory(prefix="rerank-lens-bench-", dir=options.folder) as folder:
        load = os.getloadavg()[0]
        result = measure(World(Path(folder), passages, options.dimensions), options.queries, call.progress)
    here = machine(load, ("numpy", "bm25s"))
    rows = [_step(name, facts) for name, facts in result.items()]
    rows += [_system(name, facts, ask) for ask in result for name, facts in result[ask].get("systems", {}).items()]
    lines = (
        f"{passages:,} passages x {options.dimensions}, top 100, {options.queries} queries; {load_line(here)}",
        result["build dense"]["search"],
        "ratio: our time for a query by that peer's for the same query, median (quartiles); under 1 we are faster",
    )
    return VerbResult({"machine": here, "passages": passages, "steps": result}, lines, rows)


def _step(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    more = [f"{key} {value:.1f}" for key, value in facts.items() if key.endswith(("_seconds", "disk_mb", "e_mb"))]
    return _row(name, f"{facts['seconds']:.1f} s", f"{facts['peak_mb']:,.0f} MB", ", ".join(more))


def _system(name: str, facts: dict[str, Any], ask: str) -> dict[str, Any]:
    if "note" in facts:
        return _row(f"{ask}: {name}", "", "", facts["note"])
    times = f"p50 {facts['p50_ms']:.1f} ms ({facts['q1_ms']:.1f}-{facts['q3_ms']:.1f}), p95 {facts['p95_ms']:.1f}"
    ratio = f"ratio {facts['ratio']:.2f} ({facts['ratio_q1']:.2f}-{facts['ratio_q3']:.2f})" if "ratio" in facts else ""
    recall = f"recall@100 {facts['recall']:.3f}" if "recall" in facts else ""
    return _row(f"{ask}: {name}", times, "", " ".join(part for part in (ratio, recall) if part))


def _row(what: str, time: str, memory: str, more: str) -> dict[str, Any]:
    return {"what": what, "time": time, "peak": memory, "more": more}
