"""Progress for people at a shell: a bar on a terminal, a plain line now and then elsewhere; both to stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rerank_core.ranking.bar import bar
from rerank_core.types import Progress, no_progress

EVERY = 10.0
"""Seconds between two plain lines."""


@contextmanager
def progress(quiet: bool, out: TextIO | None = None) -> Iterator[Progress]:
    """A Progress for one verb. `quiet`: none at all. In CI (the variable CI is set) a terminal gets plain lines too."""
    stream = out or sys.stderr
    if quiet:
        yield no_progress
    elif stream.isatty() and not os.environ.get("CI"):
        with bar(stream) as tell:
            yield tell
    else:
        yield _PlainLines(stream)


class _PlainLines:
    def __init__(self, stream: TextIO) -> None:
        self._stream, self._last = stream, time.monotonic()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        if time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            self._stream.write(f"{done:,} of {f'{total:,}' if total else '?'} {message}\n")
            self._stream.flush()
