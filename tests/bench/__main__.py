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
from tests.bench.encode import verb as bench_encode
from tests.bench.engine import verb as bench_engine
from tests.bench.measures import verb as bench_measures
from tests.bench.rerank import verb as bench_rerank
from tests.bench.retrieve import verb as bench_retrieve
from tests.bench.serve import verb as bench_serve
from tests.bench.sessions import verb as bench_sessions
from tests.bench.soak import verb as bench_soak
from tests.bench.stop import verb as bench_stop
from tests.bench.traffic import verb as bench_traffic
from tests.bench.train import verb as bench_train
from tests.bench.tune import verb as bench_tune
from tests.bench.ui import verb as bench_ui


@dataclass(frozen=True, slots=True)
class Bench:
    """One benchmark. `what`: a line for --help. `add_options` adds its own options; `verb` does the work."""

    what: str
    add_options: Callable[[Parser], None]
    verb: Verb


BENCHES: dict[str, Bench] = {
    "rerank": Bench(bench_rerank.WHAT, bench_rerank.add_options, bench_rerank.rerank),
    "encode": Bench(bench_encode.WHAT, bench_encode.add_options, bench_encode.encode),
    "retrieve": Bench(bench_retrieve.WHAT, bench_retrieve.add_options, bench_retrieve.retrieve),
    "engine": Bench(bench_engine.WHAT, bench_engine.add_options, bench_engine.engine),
    "measures": Bench(bench_measures.WHAT, bench_measures.add_options, bench_measures.measures),
    "serve": Bench(bench_serve.WHAT, bench_serve.add_options, bench_serve.serve),
    "sessions": Bench(bench_sessions.WHAT, bench_sessions.add_options, bench_sessions.sessions),
    "soak": Bench(bench_soak.WHAT, bench_soak.add_options, bench_soak.soak),
    "stop": Bench(bench_stop.WHAT, bench_stop.add_options, bench_stop.stop),
    "tune": Bench(bench_tune.WHAT, bench_tune.add_options, bench_tune.tune),
    "train": Bench(bench_train.WHAT, bench_train.add_options, bench_train.train),
    "traffic": Bench(bench_traffic.WHAT, bench_traffic.add_options, bench_traffic.traffic),
    "ui": Bench(bench_ui.WHAT, bench_ui.add_options, bench_ui.ui),
}
"""Name -> benchmark. Heavy imports belong into the functions: --help is quick."""


def parser() -> Parser:
    """The parser of all benchmarks."""
    what = "Time something on this machine; each benchmark has --help and --json."
    form = argparse.RawDescriptionHelpFormatter
    root = argparse.ArgumentParser("python -m tests.bench", description=what, epilog=EPILOG, formatter_class=form)
    root.add_argument("--workspace", type=Path, help="what `ui` and `sessions` copy (default: the demo is made)")
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
