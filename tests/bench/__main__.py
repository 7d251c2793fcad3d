"""`bench`: what is timed, and with which options. Each benchmark is one entry of `BENCHES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.shell.option_groups import EPILOG, Parser, Verbs
from tests.bench.measures import verb as bench_measures
from tests.bench.rerank import verb as bench_rerank
from tests.bench.retrieve import verb as bench_retrieve
from tests.bench.ui import verb as bench_ui

if TYPE_CHECKING:
    from rerank_core.shell.answer import Answer, Call


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark. `what`: a line for --help. `options` adds its own options; `verb` does the work."""

    what: str
    options: Callable[[Parser], None]
    verb: Callable[[Call], Answer]


BENCHES: dict[str, Bench] = {
    "rerank": Bench(bench_rerank.WHAT, bench_rerank.add_options, bench_rerank.rerank),
    "retrieve": Bench(bench_retrieve.WHAT, bench_retrieve.add_options, bench_retrieve.retrieve),
    "measures": Bench(bench_measures.WHAT, bench_measures.add_options, bench_measures.measures),
    "ui": Bench(bench_ui.WHAT, bench_ui.add_options, bench_ui.ui),
}
"""Name -> benchmark; without one there is no verb `bench`. Heavy imports belong into the functions."""


def add_bench(verbs: Verbs[Parser]) -> None:
    """Add `bench NAME` for each benchmark; each has --help and --json."""
    if not BENCHES:
        return
    what = "time something on this machine"
    verb = verbs.add_parser("bench", help=what, description=f"{what}; each has --help and --json", epilog=EPILOG)
    kinds = verb.add_subparsers(dest="bench", required=True, metavar="NAME")
    for name, one in BENCHES.items():
        kind = kinds.add_parser(name, help=one.what, description=one.what, epilog=EPILOG)
        kind.add_argument("--json", action="store_true", help="print the result as JSON, and no progress")
        one.options(kind)


def bench(call: Call) -> Answer:
    """Do the benchmark that was named."""
    return BENCHES[call.options.bench].verb(call)
