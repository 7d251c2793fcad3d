"""Cutting a long text into overlapping pieces, measured in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rerank_core.errors import SettingsError
from rerank_core.text import is_paired, units

_SENTENCE_END, _CLAUSE_END = re.compile("[。！？｡．]\\W*$"), re.compile("[、，；：,;:]\\W*$")


def check_chunking(size: int, overlap: int) -> None:
    """Raise SettingsError unless 0 <= overlap < size, or size is 0 (no cutting)."""
    if size < 0 or overlap < 0:
        raise SettingsError(f"Chunk size {size} and overlap {overlap} are counts of words: 0 or more.")
    if size and overlap >= size:
        raise SettingsError(f"The overlap ({overlap} words) must be smaller than the chunk ({size} words).")


def spans(text: str, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each piece, as character offsets: the piece is text[start:end].

    `size` and `overlap` are counts of `text.units`: words, or pairs of characters where a script has no spaces. A unit
    is never cut. Each piece has `size` units (the last one may have fewer), and shares `overlap` units with the piece
    before it. Where it would end within a text without spaces, it ends with the last sentence, clause or space in its
    second half, if there is one. `size` 0: the whole text, as one piece. A blank text has no pieces. Raises
    SettingsError as `check_chunking`.
    """
    check_chunking(size, overlap)
    words = list(units(text))
    if not words:
        return
    if size == 0:
        yield 0, len(text)
        return
    first = 0
    while True:
        last = min(first + size, len(words)) - 1
        if last < len(words) - 1:
            last = _good_end(text, words, max(first + size // 2, first + overlap), last)
        yield words[first][0], words[last][1]
        if last == len(words) - 1:
            return
        first = last + 1 - overlap


def _good_end(text: str, words: Sequence[tuple[int, int]], least: int, last: int) -> int:
    """The unit to end a piece with, from `least` to `last`; `last` itself where words stand between spaces."""
    start, end = words[last]
    if words[last + 1][0] > end or not is_paired(text[start : words[last + 1][1]]):
        return last
    for ends in (_SENTENCE_END, _CLAUSE_END):
        for place in range(last, least - 1, -1):
            if ends.search(text[slice(*words[place])]):
                return place
    return next((place for place in range(last, least - 1, -1) if words[place + 1][0] > words[place][1]), last)
