"""`python -m tests.bench NAME`: time something on this machine. Each benchmark is one entry of `BENCHES`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rerank_core.__main__ import run_verb
from rerank_core.shell.answer import Verb
from rerank_core.shell.option_groups import EPILOG, Parser, add_verb
from tests.bench.measures import verb as bench_measures
from tests.bench.rerank import verb as bench_rerank
from tests.bench.retrieve import verb as bench_retrieve
from tests.bench.ui import verb as bench_ui


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark. `what`: a line for --help. `add_options` adds its own options; `verb` does the work."""

    what: str
    add_options: Callable[[Parser], None]
    verb: Verb


BENCHES: dict[str, Bench] = {
    "rerank": Bench(bench_rerank.WHAT, bench_rerank.add_options, bench_rerank.rerank),
    "retrieve": Bench(bench_retrieve.WHAT, bench_retrieve.add_options, bench_retrieve.retrieve),
    "measures": Bench(bench_measures.WHAT, bench_measures.add_options, bench_measures.measures),
    "ui": Bench(bench_ui.WHAT, bench_ui.add_options, bench_ui.ui),
}
"""Name -> benchmark. Heavy imports belong into the functions: --help is quick."""


def parser() -> Parser:
    """The parser of all benchmarks."""
    what = "Time something on this machine; each benchmark has --help and --json."
    form = argparse.RawDescriptionHelpFormatter
    root = argparse.ArgumentParser("python -m tests.bench", description=what, epilog=EPILOG, formatter_class=form)
    root.add_argument("--workspace", type=Path, help="the SQLite file that `ui` copies (default: the demo is made)")
    benches = root.add_subparsers(dest="bench", required=True, metavar="NAME")
    for name, bench in BENCHES.items():
        bench.add_options(add_verb(benches, name, bench.what))
    return root


def main(words: Sequence[str] | None = None) -> int:
    """Run one benchmark and return the exit code (see `rerank_core.shell.answer.CODES`)."""
    options = parser().parse_args(words)
    return run_verb(BENCHES[options.bench].verb, options)


if __name__ == "__main__":
    sys.exit(main())
