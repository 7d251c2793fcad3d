"""Passages cut to a number of words, before they are sent to a language model.

These words bound what is paid for: each is about a token or more, so that a Chinese character counts as one, and a run
of more than 50 characters as several. The units of `rerank_core.text` count what a person reads: there a word of
Chinese is two characters, and a long address is one word. Passages already sent were cut by these, and would be sent
again if they changed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rerank_core.rerankers.family import TokenLimit

# Chinese and Japanese are written without spaces: a character is about a token, and counts as a word
_IDEOGRAPHS = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# so are Thai, Lao, Tibetan, Burmese and Khmer, in letters: about four make a word
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aad\ua9e0-\ua9ff\uaa60-\uaadf"
_LONGEST = 50  # of what is left: an address or a blob of base64 is not one word
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[{_UNSPACED}]{{1,4}}|[^\s{_IDEOGRAPHS}{_UNSPACED}]{{1,{_LONGEST}}}")
_MOST_MARKS = 16


def first_words(text: str, most: int) -> str:
    """The text up to the end of its `most`-th word.

    Words are what white space divides; in scripts without spaces they are counted by characters, and a run of more than
    50 characters counts as several, so that what is sent is bounded in every script.

    >>> first_words("where terns fish", 2), first_words("低头思故乡", 2)
    ('where terns', '低头')
    """
    for number, end in enumerate(_ends(text), 1):
        if number == most:
            return text[:end]
    return text


def count_words(text: str) -> int:
    """How many words a text has, as `first_words` counts them."""
    return sum(1 for _ in _ends(text))


def word_limit(most: int) -> TokenLimit:
    """The limit of `first_words`. It counts words, each of which is at least one token or so to a model."""
    return TokenLimit(most, 0, _counts, query_shares=False)


def _counts(texts: Sequence[str]) -> list[int]:
    return [count_words(text) for text in texts]


def _ends(text: str) -> Iterator[int]:
    """Where each word ends; marks that belong to its last character are its own."""
    at = 0
    while (word := _WORD.search(text, at)) is not None:
        at = word.end()
        for _ in range(_MOST_MARKS):
            if at == len(text) or not unicodedata.category(text[at]).startswith("M"):
                break
            at += 1
        yield at
