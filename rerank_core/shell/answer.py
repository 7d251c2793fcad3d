"""What a verb is called with, and what it answers: a value for programs, words for people, an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rerank_core.shell.codes import DONE
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a verb."""

    workspace: Workspace
    options: argparse.Namespace
    progress: Progress


@dataclass(frozen=True, slots=True)
class Answer:
    """`value`: what --json prints. For a person: `lines`, then `rows` as a table. `code`: the exit code."""

    value: Any
    lines: tuple[str, ...] = ()
    rows: Rows | None = None
    code: int = DONE


Verb = Callable[[Call], Answer]


def listed(rows: Rows, code: int = DONE) -> Answer:
    """Rows that are the whole answer; a person is told where there are none."""
    return Answer(rows, () if rows else ("nothing here",), rows, code)


def told(facts: dict[str, Any]) -> Answer:
    """Facts by name, one a line."""
    return Answer(facts, (), [{"": name, "value": value} for name, value in facts.items()])
