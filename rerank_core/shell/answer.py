"""What a verb is called with, and what it answers: a value for programs, words for people, an exit code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress

DONE, NO, USAGE, NOTHING, FAILED, STOPPED = 0, 1, 2, 3, 4, 130

CODES = """exit codes:
    0  done; the gate says yes, and watch has no alert
    1  the gate says no, or watch has an alert
    2  wrong usage: an option, or a dataset, system or setting that is not there
    3  nothing to compare: no graded query that every system has ranked (gate: one of the two left some out;
       measure: a run has no query that is graded; watch: too few requests)
    4  failed: bad input, a file that cannot be read or written, a system that could not run
  130  stopped by hand; what was finished is kept"""


Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a verb."""

    workspace: Workspace
    options: argparse.Namespace
    progress: Progress


@dataclass(frozen=True, slots=True)
class VerbResult:
    """`value`: what --json prints. For a person: `lines`, then `rows` as a table. `code`: the exit code."""

    value: Any
    lines: tuple[str, ...] = ()
    rows: Rows | None = None
    code: int = DONE


Verb = Callable[[Call], VerbResult]


def rows_result(rows: Rows, code: int = DONE) -> VerbResult:
    """Rows that are the whole answer; a sentence says where there are none."""
    return VerbResult(rows, () if rows else ("nothing here",), rows, code)


def facts_result(facts: dict[str, Any]) -> VerbResult:
    """Facts by name, one per line."""
    return VerbResult(facts, (), [{"": name, "value": value} for name, value in facts.items()])


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Columns by the first row's names, four decimals, "–" for what is missing; no line of it ends in a space."""
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    return "–" if value is None else str(value)
