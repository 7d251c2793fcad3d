"""`python -m tests.bench stop`: does grading stop at what is true, as often as it says; does the forecast hold."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.shell.answer import Call, VerbResult
from rerank_core.shell.option_groups import Parser
from tests.bench.machine import load_line, machine

WHAT = "replay known grades: the claimed and the true share of verdicts, and how often the forecast holds"
COLLECTIONS = Path(__file__).resolve().parents[4] / "shared" / "collections"


def add_options(parser: Parser) -> None:
    """How many pairs of runs are replayed."""
    parser.add_argument("--pairs", type=int, default=0, help="per block of queries (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the pairs, the draws (default: %(default)s)")


def stop(call: Call) -> VerbResult:
    """One row per collection and for all of them. Raises SettingsError where the collections are not there."""
    options = call.options
    if not COLLECTIONS.is_dir():
        raise SettingsError(f"the labelled collections are not at {COLLECTIONS}")
    from tests.bench.stop.courses import blocks, course, pairs

    load, made = os.getloadavg()[0], []
    asked = [(block, pair) for block in blocks(COLLECTIONS) for pair in pairs(block, options.pairs, options.seed)]
    for done, (block, pair) in enumerate(asked):
        call.progress(done, len(asked), f"{block.name}: {pair[0]}, {pair[1]}")
        made.append(course(block, *pair, options.seed))
    here = machine(load, ("numpy", "scipy", "scikit-learn"))
    lines = (f"seed {options.seed}, {len(made)} pairs of runs over blocks of queries", load_line(here))
    rows = table(made)
    return VerbResult({"machine": here, "seed": options.seed, "rows": rows}, lines, rows)


def table(made: Sequence[Any]) -> list[dict[str, Any]]:
    """The verdicts with the factor of other pairs and queries, with that of other collections, and with the app's."""
    import numpy as np

    from rerank_core.judging.next_grade.next_grade import WIDER
    from tests.bench.stop.calibration import cross_validated, forecasts, of_other_collections, verdict

    found = cross_validated(made)
    as_shipped = [(one, verdict(one, WIDER), WIDER) for one in made]
    rows = []
    new = of_other_collections(made)
    for name, verdicts in (
        ("of other pairs and queries", found),
        ("of other collections", new),
        ("as in the app", as_shipped),
    ):
        for part in ("", *sorted({one.block.split("/")[0] for one in made})):
            own = [row for row in verdicts if row[0].block.startswith(part)]
            ends = [end for _, end, _ in own]
            decided = [end for end in ends if end.word != "open"]
            held = forecasts([one for one, _, _ in own], WIDER)
            rows.append(
                {
                    "factor": name,
                    "collection": part or "all",
                    "pairs": len(own),
                    "wider": " ".join(f"{one:g}" for one in sorted({wider for *_, wider in own})),
                    "claimed": round(float(np.mean([end.claimed for end in decided])), 3),
                    "true": round(float(np.mean([end.right for end in decided])), 3),
                    "equal": sum(end.word == "equal" for end in ends),
                    "wrong": sum(not end.right for end in decided),
                    "undecided": len(ends) - len(decided),
                    "grades": float(np.median([end.grades for end in ends])),
                    "forecast holds": round(float(np.mean([low <= needed <= high for low, high, needed in held])), 3)
                    if held
                    else None,
                    "forecasts": len(held),
                }
            )
    return rows
