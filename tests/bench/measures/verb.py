"""`python -m tests.bench measures`: the measures of a whole set and of one grade, beside other libraries alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine
from tests.bench.measures.peers import PEERS

WHAT = "time computing measures of made-up rankings, beside other libraries"
_LIBRARIES = ("numpy", "scipy", "pytrec-eval-terrier", "ranx", "ir-measures")


def add_options(parser: Parser) -> None:
    """How much is measured, and beside whom."""
    parser.add_argument("--queries", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--documents", type=int, default=100, help="ranked per query (default: %(default)s)")
    parser.add_argument("--systems", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=7, help="each times everything once (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the rankings and grades (default: %(default)s)")
    peers = ",".join(PEERS)
    parser.add_argument("--against", default=peers, help="comma separated (default: %(default)s)")
    parser.add_argument("--growth", action="store_true", help="how the cost grows, in place of the comparison")


def measures(call: Call) -> VerbResult:
    """Rows: one of ours or a peer each, or a number of queries each with --growth.

    Raises SettingsError for a peer that is not known and for sizes below 1.
    """
    options = call.options
    against = tuple(name for name in options.against.split(",") if name)
    if unknown := [name for name in against if name not in PEERS]:
        raise SettingsError(f"there is no peer {', '.join(unknown)}; known: {', '.join(PEERS)}")
    if min(options.queries, options.documents, options.systems, options.rounds) < 1:
        raise SettingsError("queries, documents, systems and rounds begin at 1")
    from tests.bench.measures.peers import missing
    from tests.bench.measures.timing import Asked, growth, measure

    asked = Asked(options.queries, options.documents, options.systems, options.rounds, against, options.seed)
    load = os.getloadavg()[0]
    if options.growth:
        rows = growth(asked, call.progress)
        here, absent = machine(load, _LIBRARIES), {name: lack for name in against if (lack := missing(name))}
        shown = [{name: round(value, 3) for name, value in row.items()} for row in rows]
        return VerbResult({"machine": here, "growth": rows, "absent": absent}, _lines(here, absent), shown)
    result = measure(asked, call.progress)
    here = machine(load, _LIBRARIES)
    lines = (
        f"{asked.queries:,} queries x {asked.documents} documents x {asked.systems} systems, "
        f"{', '.join(result['shared'])}; seed {asked.seed}",
        *_lines(here, result["absent"]),
        "to a peer: our time by the peer's in the same round, median (quartiles); under 1 we are faster. The live "
        "update is of one query: beside it stands the peer on this query alone, with its data made anew",
        f"peak: of a fresh process that makes the data and does this; only the data: {result['data_mb']:,.0f} MB",
    )
    sizes = {name: getattr(asked, name) for name in ("queries", "documents", "systems", "rounds", "seed")}
    return VerbResult({"machine": here, **sizes, **result}, lines, _rows(result["systems"]))


def _lines(here: dict[str, Any], absent: dict[str, str]) -> tuple[str, ...]:
    lacking = "; ".join(f"{name} needs {lack}" for name, lack in absent.items())
    return (load_line(here), f"not installed: {lacking}") if lacking else (load_line(here),)


def _rows(systems: dict[str, Any]) -> list[dict[str, Any]]:
    peers = next(iter(systems.values()))["ratio"]
    rows = []
    for name, one in systems.items():
        drift = f"{one['max_drift']:.1e} ({one['drift_of']})" if "max_drift" in one else ""
        peak = f"{one['peak_mb']:,.0f}" if "peak_mb" in one else ""
        for ratio, of in (("ratio", name), ("ratio_to_all", f"{name}, to the peer on all queries")):
            if ratio == "ratio" or one.get(ratio):
                to = {f"to {peer}": _spread(one[ratio][peer]) if ratio in one else "" for peer in peers}
                rows.append({"what": of, "ms": f"{1000 * one['seconds']:,.2f}", **to, "drift": drift, "peak MB": peak})
    return rows


def _spread(quartiles: Sequence[float]) -> str:
    low, middle, high = quartiles
    return f"{middle:.3g} ({low:.3g}-{high:.3g})"
