"""Text cut into pieces, those that match the query's terms marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import lru_cache

from rerank_core.retrieval.analysis import Analyzer
from rerank_core.retrieval.languages import ENGLISH
from rerank_core.text import folded, shown_words

Pieces = tuple[tuple[str, bool], ...]
"""(piece, marked) pairs that join to the whole text: pieces, not offsets, as browsers count in other units."""

_QUERIES, _TEXTS = 16, 256  # a page is run again at every click, with the same texts


@lru_cache(maxsize=_QUERIES)
def marker(query: str, language: str = ENGLISH) -> Callable[[str], Pieces]:
    """A function that marks the words of a text that BM25 would match with `query`: same stems, no stop words.

    `language`: a code or "none", as `Analyzer` takes it. Where a script has no spaces, the pairs of characters that the
    query has are marked.
    """
    analyzer = Analyzer(stemming=True, stop_words=True, language=language)
    wanted = set(analyzer.query_terms(query))
    known: dict[str, bool] = {}

    def matches(word: str) -> bool:
        if word not in known:
            known[word] = bool(wanted.intersection(analyzer.query_terms(word)))
        return known[word]

    @lru_cache(maxsize=_TEXTS)
    def mark(text: str) -> Pieces:
        pieces: list[tuple[str, bool]] = []
        done = 0
        for start, end in _joined(_marked(text, matches, wanted)):
            if start > done:
                pieces.append((text[done:start], False))
            pieces.append((text[start:end], True))
            done = end
        if done < len(text):
            pieces.append((text[done:], False))
        return tuple(pieces)

    return mark


def _marked(text: str, matches: Callable[[str], bool], wanted: Set[str]) -> Iterator[tuple[int, int]]:
    """(start, end) of what matches, in order; neighbours may touch or overlap."""
    for start, end, ends in shown_words(text):
        if ends:
            yield from (span for span in _pairs((start, *ends)) if folded(text[slice(*span)]) in wanted)
        elif matches(text[start:end]):
            yield start, end


def _pairs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(start, end) of each character, and of each two neighbours, between these places."""
    for place, start in enumerate(places[:-1]):
        yield from ((start, end) for end in places[place + 1 : place + 3])


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap or touch made one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
