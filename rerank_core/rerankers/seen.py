"""Where in a passage the model stops reading."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rerank_core.rerankers.family import TokenLimit

# scripts without spaces between words are cut at each character
_PIECE = re.compile(r"[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\S")


def seen_end(limit: TokenLimit | None, query: str, text: str) -> int:
    """How many characters of `text` the model sees beside this query: up to the end of a word or sign.

    The whole text where nothing is cut, 0 where nothing fits. It is found by counting the tokens of beginnings of the
    text: a word of which only a part fits counts as not seen.
    """
    cut = limit.tokens_cut(query, [text])[0] if limit is not None else 0
    if limit is None or not cut:
        return len(text)
    kept = limit.count([text])[0] - cut
    ends = [piece.end() for piece in _PIECE.finditer(text)]
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high + 1) // 2
        if limit.count([text[: ends[middle - 1]]])[0] <= kept:
            low = middle
        else:
            high = middle - 1
    return ends[low - 1] if low else 0


_END = re.compile(r"[.!?…؟۔।॥።։]+[\"'”’»)\]]*(?=\s)|[。！？｡．]+[”’」』）]*|\n+")


def sentences(text: str, most: int = 80) -> list[tuple[int, int]]:
    """(start, end) of each sentence, in characters, without the white space around it.

    A sentence ends at a full stop, question or exclamation mark before white space, at its CJK counterpart, and at a
    line break; abbreviations are not known, and cut one in two. Where there are more than `most`, neighbours are joined
    so that there are not. [] for a blank text.
    """
    found, start = [], 0
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        piece = text[start:end]
        if piece.strip():
            found.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
        start = end
    return _joined(found, most)


def _joined(found: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    size = -(-len(found) // most) if found else 1
    return [(found[i][0], found[min(i + size, len(found)) - 1][1]) for i in range(0, len(found), size)]
