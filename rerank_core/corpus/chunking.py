"""Cutting a long text into overlapping pieces, measured in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rerank_core.errors import SettingsError

_WORD = re.compile(r"\S+")


def check_chunking(size: int, overlap: int) -> None:
    """Raise SettingsError unless 0 <= overlap < size, or size is 0 (no cutting)."""
    if size < 0 or overlap < 0:
        raise SettingsError(f"Chunk size {size} and overlap {overlap} are counts of words: 0 or more.")
    if size and overlap >= size:
        raise SettingsError(f"The overlap ({overlap} words) must be smaller than the chunk ({size} words).")


def spans(text: str, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each piece, as character offsets: the piece is text[start:end].

    `size` and `overlap` are counts of words, a word being a run of anything but white space; it is never cut, however
    long it is. Each piece begins and ends with a word, has `size` words (the last one may have fewer), and shares
    `overlap` words with the piece before it. `size` 0: the whole text, as one piece. A blank text has no pieces.
    Raises SettingsError as `check_chunking`.
    """
    check_chunking(size, overlap)
    words = [match.span() for match in _WORD.finditer(text)]
    if not words:
        return
    if size == 0:
        yield 0, len(text)
        return
    for first in range(0, len(words), size - overlap):
        last = min(first + size, len(words)) - 1
        yield words[first][0], words[last][1]
        if last == len(words) - 1:
            return
