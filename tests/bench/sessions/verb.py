"""`python -m tests.bench sessions`: many people grade at once, over Streamlit's websocket, while the worker is busy."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from rerank_core.store import datasets
from rerank_core.systems.systems import ALWAYS_READY
from tests.bench.machine import load_line, machine

WHAT = "have many people compare and grade at once, with an import, an index build and a run beside them"
_LIBRARIES = ("streamlit", "websockets")
_TIMED = ("grade by route", "grade by websocket", "next query")


def add_options(parser: Parser) -> None:
    """How many people, how long; the workspace is that of --workspace before the verb, else the demo."""
    parser.add_argument("--sessions", type=int, default=20, help="people, each with a tab (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="default: %(default)s")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two grades (default: %(default)s)")
    parser.add_argument("--passages", type=int, default=20_000, help="of each import beside (default: %(default)s)")
    parser.add_argument("--dataset", default="", help="which one is graded (default: the first)")
    parser.add_argument("--folder", help="where the copy or the demo is put (default: the temporary folder)")


def sessions(call: Call) -> VerbResult:
    """Rows: what is waited for. The given workspace is copied and stays as it is; the copy is removed."""
    options = call.options
    if options.sessions < 1 or min(options.minutes, options.pause) <= 0 or options.passages < 1:
        raise SettingsError("there is at least one session and one passage, and minutes and pause are above 0")
    from tests.bench.sessions.load import Plan, put_under_load
    from tests.bench.ui.timing import copied, demo

    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="rerank-lens-bench-", dir=options.folder) as name:
        folder = Path(name)
        space = copied(call.workspace, folder) if options.workspace else demo(folder, call.progress)
        with space.open() as db:
            dataset = options.dataset or datasets.list_datasets(db)[0].name
        experiment = Experiment.of(space, dataset, ALWAYS_READY)
        plan = Plan(options.sessions, options.minutes * 60, options.pause, options.passages)
        result = put_under_load(experiment, plan, folder, call.progress)
    here, memory = machine(load, _LIBRARIES), result["memory"]
    beside = "; ".join(f"{kind}: {states or 'none'}" for kind, states in result["beside"].items())
    lines = (
        f"{plan.sessions} sessions for {options.minutes:g} minutes, {load_line(here)}",
        f"{result['acknowledged']} of {result['sent']} grades acknowledged, {result['lost']} of them lost",
        f"beside them: {beside}",
        f"memory at most: web process {memory['web']:.0f} MB, worker {memory['worker']:.0f} MB",
        *(f"error ({count} times): {error}" for error, count in result["errors"].items()),
    )
    return VerbResult({"machine": here, **result}, lines, [_row(what, result[what]) for what in _TIMED])


def _row(what: str, times: dict[str, float]) -> dict[str, Any]:
    return {"what": what, "times": int(times["n"]), **{f"{one} ms": f"{times[one]:.0f}" for one in times if one != "n"}}
