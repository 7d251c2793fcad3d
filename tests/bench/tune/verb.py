"""`python -m tests.bench tune`: does a search of settings keep its word, what does it find, how long does it take."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.shell.answer import Call, Rows, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine

WHAT = "search settings: a known collection (--collection), drawn worlds (--worlds), or how long it takes"


def add_options(parser: Parser) -> None:
    """Without --collection and --worlds the time is measured."""
    parser.add_argument("--collection", help="scifact, esci-us-150, trec-dl-2019 or demo")
    parser.add_argument("--keep", type=Path, help="a workspace file in which the collection stays, with its index")
    parser.add_argument("--systems", default="first-stage", help="comma separated (default: %(default)s)")
    parser.add_argument("--depths", default="10,20,30,50,100", help="candidates (default: %(default)s)")
    parser.add_argument("--queries", default="300", help="of the time; of the worlds, comma separated")
    parser.add_argument("--worlds", type=int, default=0, help="drawn datasets for each row")
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")


def tune(call: Call) -> VerbResult:
    """Rows: a search each, a world each, or a step of the search each."""
    options, load = call.options, os.getloadavg()[0]
    if options.collection:
        rows, lines = _collection(call)
    elif options.worlds:
        from tests.bench.tune.worlds import table

        rows = table(options.worlds, [int(one) for one in options.queries.split(",")], options.seed)
        lines = [f"seed {options.seed}, {options.worlds} datasets each"]
    else:
        rows, lines = _time(int(options.queries), options.seed, call.progress)
    here = machine(load, ("numpy", "scipy"))
    return VerbResult({"machine": here, "rows": rows}, (*lines, load_line(here)), rows)


def _collection(call: Call) -> tuple[Rows, list[str]]:
    from tests.bench.tune.collections import searched

    options = call.options
    depths = tuple(int(depth) for depth in options.depths.split(","))
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "workspace.db"
        found = searched(options.collection, path, options.systems.split(","), depths, options.seed, call.progress)
    names = (
        "system", "before", "seen", "held_out", "optimism", "kept", "delta", "low", "high", "p", "holds", "stability",
        "ms", "setting",
    )  # fmt: skip
    rows = [{name: row[name] for name in names} for row in found["rows"]]
    sentences = [found["sentence"], *found["sentences"].values()]
    lines = [
        f"{options.collection}: {found['queries']:,} queries, {found['left_out']:,} left out, seed {found['seed']}"
    ]
    return rows, [*lines, *dict.fromkeys(sentences)]


def _time(queries: int, seed: int, progress: Any) -> tuple[Rows, list[str]]:
    from tests.bench.tune.timing import timed

    if queries < 20:
        raise SettingsError("with fewer than 20 queries nothing can be held out")
    found = timed(queries, 3, 1_000, 200, seed, progress)
    rows: Rows = [{"step": name, **one} for name, one in found["steps"].items()]
    rows.append({"step": "all", **{key: sum(row[key] for row in rows) for key in ("seconds", "processor")}})
    loop, ours = found["loop"]["whole"], found["steps"]["values, first stage"]["processor"]
    lines = [
        f"{queries:,} queries, 3 systems, {found['settings']:,} and 3 x 1,000 settings, 200 splits; seed {seed}",
        f"a plain loop takes {loop:.0f} s of a processor for the first stage alone, {loop / ours:.0f} times as much "
        f"(read off {found['loop']['cells']:,} of its values; largest difference {found['largest_difference']:.0e})",
    ]
    return rows, lines
