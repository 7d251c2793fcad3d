"""`python -m rerank_core`: the door to the verbs, and all that is printed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rerank_core.errors import RerankLensError
from rerank_core.shell.options import parser
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress, no_progress


def main(words: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    arguments = parser().parse_args(words)
    from rerank_core.shell.verbs import VERBS

    try:
        result = VERBS[arguments.verb](Workspace(arguments.workspace), arguments, _progress(quiet=arguments.json))
    except RerankLensError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130
    print(json.dumps(result, ensure_ascii=False, indent=2) if arguments.json else _table(result))
    return 0 if not _any_failed(result) else 1


def _progress(quiet: bool) -> Progress:
    """A bar on a terminal, a plain line every ten seconds elsewhere; both to stderr."""
    if quiet:
        return no_progress
    if not sys.stderr.isatty():
        return _PlainLines()
    from tqdm import tqdm

    bar = tqdm(file=sys.stderr, unit="", dynamic_ncols=True)

    def tell(done: int, total: int, message: str = "") -> None:
        bar.total, bar.n = total or None, done
        bar.set_postfix_str(message[:60], refresh=True)

    return tell


class _PlainLines:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        if time.monotonic() - self._last > 10:
            self._last = time.monotonic()
            print(f"{done} of {total or '?'} {message}", file=sys.stderr, flush=True)


def _table(result: Any) -> str:
    rows = result if isinstance(result, list) else [{"": name, "value": value} for name, value in result.items()]
    if not rows:
        return "nothing here"
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


def _any_failed(result: Any) -> bool:
    return isinstance(result, list) and any(row.get("failed") for row in result)


if __name__ == "__main__":
    sys.exit(main())
