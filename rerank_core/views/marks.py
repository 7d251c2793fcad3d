"""Text cut into pieces, those that match the query's terms marked."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from rerank_core.retrieval.analysis import Analyzer

Pieces = tuple[tuple[str, bool], ...]
"""(piece, marked) pairs that join to the whole text: pieces, not offsets, as browsers count in other units."""

_WORD = re.compile(r"\w+")
_QUERIES, _TEXTS = 16, 256  # a page is run anew at every click, with the same texts


@lru_cache(maxsize=_QUERIES)
def marker(query: str) -> Callable[[str], Pieces]:
    """A function that marks the words of a text that BM25 would match with `query`: same stems, no stop words."""
    analyzer = Analyzer(stemming=True, stop_words=True)
    wanted = set(analyzer.terms(query))
    known: dict[str, bool] = {}

    def matches(word: str) -> bool:
        if word not in known:
            known[word] = bool(wanted.intersection(analyzer.terms(word)))
        return known[word]

    @lru_cache(maxsize=_TEXTS)
    def mark(text: str) -> Pieces:
        pieces = []
        end = 0
        for found in _WORD.finditer(text):
            if matches(found.group()):
                if found.start() > end:
                    pieces.append((text[end : found.start()], False))
                pieces.append((found.group(), True))
                end = found.end()
        if end < len(text):
            pieces.append((text[end:], False))
        return tuple(pieces)

    return mark
