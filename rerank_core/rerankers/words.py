"""Passages cut to a number of words, before they are sent to a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rerank_core.rerankers.family import TokenLimit

_WORD = re.compile(r"\S+")


def first_words(text: str, most: int) -> str:
    """The text up to the end of its `most`-th word; words are what white space divides."""
    for number, word in enumerate(_WORD.finditer(text), 1):
        if number == most:
            return text[: word.end()]
    return text


def word_limit(most: int) -> TokenLimit:
    """The limit of `first_words`. It counts words, each of which is at least one token or so to a model."""
    return TokenLimit(most, 0, _counts, query_shares=False)


def _counts(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]
