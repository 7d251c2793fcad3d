"""Progress as a bar on a text stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rerank_core.types import Progress


@contextmanager
def bar(stream: TextIO | None = None) -> Iterator[Progress]:
    """A Progress that draws a bar on `stream` (None: stderr) once work has taken 0.3 seconds, and clears it after."""
    from tqdm import tqdm

    drawn = tqdm(file=stream or sys.stderr, unit="", dynamic_ncols=True, leave=False, delay=0.3)

    def tell(done: int, total: int, message: str = "") -> None:
        drawn.total, drawn.n = total or None, done
        drawn.set_postfix_str(message[:60], refresh=True)

    try:
        yield tell
    finally:
        drawn.close()
