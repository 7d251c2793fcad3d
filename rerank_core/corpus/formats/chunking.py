"""Cutting a long text into overlapping pieces, measured in words."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from rerank_core.errors import SettingsError
from rerank_core.text import is_paired, units

_SENTENCE_ENDS, _CLAUSE_ENDS = frozenset("。！？｡．"), frozenset("、，；：,;:")


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
    more = units(text)
    # of a long text no more units are in memory than make a piece: those of the piece, and the one behind it
    words = deque(islice(more, size + 1 if size else 1))
    if not words:
        return
    if size == 0:
        yield 0, len(text)
        return
    while True:
        last = min(size, len(words)) - 1
        is_end = last == len(words) - 1
        if not is_end:
            last = _good_end(text, tuple(words) if _is_dense(text, words, last) else (), max(size // 2, overlap), last)
        yield words[0][0], words[last][1]
        if is_end:
            return
        for _ in range(last + 1 - overlap):
            words.popleft()
        words.extend(islice(more, size + 1 - len(words)))


def _is_dense(text: str, words: Sequence[tuple[int, int]], last: int) -> bool:
    """Whether the unit behind the last one follows without a space, in a script that has none."""
    start, end = words[last]
    return words[last + 1][0] <= end and is_paired(text[start : words[last + 1][1]])


def _good_end(text: str, words: Sequence[tuple[int, int]], least: int, last: int) -> int:
    """The unit to end a piece with, from `least` to `last`; `last` itself where `words` is ()."""
    if not words:
        return last
    for marks in (_SENTENCE_ENDS, _CLAUSE_ENDS):
        for place in range(last, least - 1, -1):
            if _ends_with(text[slice(*words[place])], marks):
                return place
    return next((place for place in range(last, least - 1, -1) if words[place + 1][0] > words[place][1]), last)


def _ends_with(unit: str, marks: frozenset[str]) -> bool:
    """Whether one of these marks is behind the last letter or digit of the unit."""
    for character in reversed(unit):
        if character in marks:
            return True
        if character.isalnum() or character == "_":
            return False
    return False
