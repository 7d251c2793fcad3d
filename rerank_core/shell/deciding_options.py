"""The options of the verbs that measure, decide, report and export."""

from __future__ import annotations

import argparse
from math import isfinite
from pathlib import Path

from rerank_core.evaluation.gate import RULE
from rerank_core.reports.exports import EXPORTS
from rerank_core.shell.measuring import HOW
from rerank_core.shell.option_groups import (
    Parser,
    Verbs,
    add_identical_ids,
    add_level,
    add_margin,
    add_measures,
    add_only,
    add_run,
    add_systems,
    add_ties,
    add_verb,
    add_view,
    one_measure,
)
from rerank_core.systems.systems import ALWAYS_READY, FIRST_STAGE

MEASURES = "nDCG@10,RR@10,P@5,R@10,Judged@10"


def add_deciding(verbs: Verbs[Parser]) -> None:
    """Add evaluate, compare, gate, measure, report and export."""
    verb = add_verb(verbs, "evaluate", "measure the systems that were run, against a baseline")
    add_view(verb)
    add_systems(verb)
    add_measures(verb, MEASURES)
    verb.add_argument("--baseline", default=FIRST_STAGE, help="the system to compare against (default: %(default)s)")
    add_only(verb)
    add_identical_ids(verb)
    add_margin(verb)
    what = "first stages against systems, one row per pair: this one, each retriever alone, own ones, imported runs"
    verb.add_argument("--matrix", action="store_true", help=what)
    verb.add_argument("--run", action="store_true", help="with --matrix: first rank what is not ranked yet")
    _compare(verbs)
    _gate(verbs)
    verb = add_verb(verbs, "measure", "measure TREC run files against TREC qrels; needs no workspace", HOW)
    verb.add_argument("qrels", type=Path)
    verb.add_argument("runs", type=Path, nargs="+")
    add_ties(verb, "trec_eval")
    add_identical_ids(verb)
    add_measures(verb, MEASURES)
    _report(verbs)
    _export(verbs)


def _compare(verbs: Verbs[Parser]) -> None:
    verb = add_verb(
        verbs,
        "compare",
        "compare two or more systems: one sentence per system says whether it is better, and how sure that is",
    )
    add_view(verb)
    add_systems(verb)
    add_measures(verb, MEASURES)
    verb.add_argument("--baseline", help="the system to compare against (default: the first of --systems)")
    add_only(verb)
    add_identical_ids(verb)
    add_margin(verb)
    add_run(verb)


def _gate(verbs: Verbs[Parser]) -> None:
    verb = add_verb(verbs, "gate", "fail if a system is worse than a baseline by more than is allowed", RULE)
    add_view(verb)
    verb.add_argument("--baseline", required=True, help="the system that is live now")
    verb.add_argument("--system", required=True, help="the system to replace it")
    verb.add_argument("--measure", type=one_measure, default="nDCG@10", help="default: %(default)s")
    add_level(verb)
    verb.add_argument(
        "--max-drop",
        type=_drop,
        default=0.01,
        help="the largest drop that is allowed, 0 or more (default: %(default)s)",
    )
    verb.add_argument("--strict", action="store_true", help="say no unless a larger drop is ruled out")
    verb.add_argument(
        "--partial",
        action="store_true",
        help="also judge where graded queries were not ranked by both (default: exit 3)",
    )
    add_only(verb)
    add_identical_ids(verb)
    add_margin(verb)
    add_run(verb)


def _report(verbs: Verbs[Parser]) -> None:
    verb = add_verb(
        verbs,
        "report",
        "write a report: one HTML file that needs no network, Markdown, or CSV",
        "CSV is two files: PATH has one row per system, and PATH-queries.csv one for each query and system.",
    )
    verb.add_argument("path", type=Path, help="the file to write; its ending gives the format: .html, .md or .csv")
    add_view(verb)
    add_systems(verb)
    add_measures(verb, MEASURES)
    verb.add_argument("--baseline", default=FIRST_STAGE, help="the system to compare against (default: %(default)s)")
    verb.add_argument("--price", type=float, metavar="USD", help="what an hour of this machine costs, for local models")
    add_only(verb)
    add_identical_ids(verb)
    add_margin(verb)
    add_run(verb)


def _export(verbs: Verbs[Parser]) -> None:
    what = "\n".join(f"  {name:8}{line}" for name, line in EXPORTS.items())
    what += (
        "\n\nIn .csv files an apostrophe precedes text that a spreadsheet would run; all other files keep texts "
        "unchanged."
    )
    verb = add_verb(verbs, "export", "write grades, rankings, the dataset, or the files to deploy a system", what)
    verb.add_argument("what", choices=EXPORTS)
    verb.add_argument("path", type=Path, help="where to")
    verb.add_argument("--system", default=ALWAYS_READY[0], help="the system to write or deploy (default: %(default)s)")
    verb.add_argument("--top", type=int, default=10, help="deploy: how many passages to return (default: %(default)s)")
    what = "deploy: where rerank-lens serve serves the system, http://HOST:8787; then with OpenSearch's way to it"
    verb.add_argument("--server", default="", metavar="ADDRESS", help=what)
    add_view(verb)


def _drop(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 0 or more")
    return value
