"""Text to index terms: the same for passages and queries."""

from __future__ import annotations

import re

# one character is enough ("plan B", "error 5", single Chinese characters): bm25s's own default drops such words
_WORDS = re.compile(r"\w+").findall


class Analyzer:
    """Lower case, words of letters, digits and underscores, English stop words out, then Porter2 stems.

    Not for use by several threads at once: PyStemmer keeps a cache. Making one is cheap.
    """

    def __init__(self, stemming: bool, stop_words: bool) -> None:
        import Stemmer
        from bm25s.stopwords import STOPWORDS_EN

        self._stop_words = frozenset(STOPWORDS_EN) if stop_words else frozenset()
        self._stemmer = Stemmer.Stemmer("english") if stemming else None

    def terms(self, text: str) -> list[str]:
        """The terms in their order, repeats included; empty where nothing but stop words or signs is there."""
        words = [word for word in _WORDS(encodable(text).lower()) if word not in self._stop_words]
        return self._stemmer.stemWords(words) if self._stemmer is not None else words


def encodable(text: str) -> str:
    """The text with lone surrogates as question marks: stemmers and tokenizers take only what UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
