"""`python -m tests.bench ui`: the real app in a real browser, as its user has it."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine

WHAT = "time what the user feels: first paint, and from a key to the new figure, in a real browser"
_LIBRARIES = ("streamlit", "playwright")
_WHAT = {"painted": "first paint", "content": "own content", "whole": "all of it"}


def add_options(parser: Parser) -> None:
    """How often; the workspace is that of --workspace before the verb, else the demo is made and ranked first."""
    parser.add_argument("--rounds", type=int, default=5, help="each opens every page once (default: %(default)s)")
    parser.add_argument("--grades", type=int, default=60, help="given by keyboard on Compare (default: %(default)s)")
    parser.add_argument("--folder", help="where the copy or the demo is put (default: the temporary folder)")


def ui(call: Call) -> VerbResult:
    """Rows: what is waited for. The given workspace is copied and stays as it is; the copy is removed."""
    options = call.options
    if min(options.rounds, options.grades) < 1:
        raise SettingsError("rounds and grades begin at 1")
    from tests.bench.ui.browsing import missing
    from tests.bench.ui.timing import measure

    given = call.workspace if options.workspace else None
    load = os.getloadavg()[0]
    if absent := missing():
        lacking = "; ".join(f"{name} needs {lack}" for name, lack in absent.items())
        return VerbResult({"machine": machine(load, _LIBRARIES), "absent": absent}, (f"not installed: {lacking}",))
    with TemporaryDirectory(prefix="rerank-lens-bench-", dir=options.folder) as folder:
        result = measure(given, options.rounds, options.grades, Path(folder), call.progress)
    here, keys = machine(load, _LIBRARIES), result["key_to_figure"]
    lines = (
        f"{given.path if given else 'the demo'}; {load_line(here)}",
        f"pages: {options.rounds} visits each with an empty cache, after a first one right after the server's start",
        f"key to new figure: over the {keys['n']} of {options.grades} grades that moved a figure",
    )
    return VerbResult({"machine": here, "absent": absent, **result}, lines, _rows(result))


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        _row(f"first start: server up to {what}", {"median": 1000 * seconds})
        for what, seconds in result["first_start"].items()
    ]
    rows += [
        _row(f"{page}: {_WHAT[what]}", times)
        for page, kinds in result["paint"].items()
        for what, times in kinds.items()
    ]
    return [*rows, _row("Compare: key to new figure", result["key_to_figure"])]


def _row(what: str, times: dict[str, float | None]) -> dict[str, Any]:
    shown = {f"{name} ms": times.get(name) for name in ("median", "p95", "max", "first")}
    return {"what": what, **{name: "" if time is None else f"{time:.0f}" for name, time in shown.items()}}
