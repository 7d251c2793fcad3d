"""Text to index terms: the same for passages and queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from rerank_core.retrieval.dictionaries import DICTIONARY, PAIRS, WITH_DICTIONARY, cutter
from rerank_core.retrieval.languages import ENGLISH, LANGUAGES, Language
from rerank_core.text import characters, folded, is_paired, pairs, stretches, words

ANALYSIS = 2
"""Counts up when the same text gives other terms than before: indexes and candidates are kept under it."""

Stem = Callable[[Sequence[str]], list[str]]
_NO_LANGUAGE = Language("none")
# the letters of Arabic that Persian and Arabic keyboards write differently, and those that many leave without a sign
_PERSIAN = str.maketrans("يىك", "ییک")
_ARABIC = str.maketrans("یکٱى", "يكاي")
_BARE = str.maketrans("یکٱأإآىة", "يكااااي\u0647")
# what Snowball does not know: "and" before the article, and a final ta marbuta that is typed as ha
_ARABIC_AND, _ARABIC_HA = re.compile(r"\b[وف](?=ال\w\w)"), re.compile(r"(?<=\w{3})ه\b")
# Lucene's HindiNormalizer: a nasal before a consonant has two spellings, and the nukta is often left out
_RESPELLED = re.compile("[\u0600-\u06ff\u0900-\u097f]")
_HINDI_U = re.compile("(?:ू|ुओं?|ुएं?)$")
_HINDI_NASAL, _NUKTA = re.compile("न्(?=[क-ह])|ँ"), "\u093c"


class Analyzer:
    """Words as `text.words` finds them, the language's stop words out, then its Snowball stems.

    Letters with several spellings in Arabic, Persian and Hindi are written in one way (Lucene's normalizers). A
    language without a stemmer or a list goes without. Where it is not written in Latin letters, words in ASCII are
    taken for English. Scripts without spaces, and Hangul, are cut into pairs of characters, without stems or stop
    words. Not for use by several threads at once: PyStemmer keeps a cache. Making one is cheap.
    """

    def __init__(self, stemming: bool, stop_words: bool, language: str = ENGLISH, cutting: str = PAIRS) -> None:
        """`language`: a code of `LANGUAGES`, or "none": no stop words and no stems.

        `cutting` "dictionary": words by a dictionary instead of pairs, where there is one for the language. Raises
        NotReadyError where its library is missing.
        """
        about = LANGUAGES.get(language, _NO_LANGUAGE)
        english = LANGUAGES[ENGLISH] if language in LANGUAGES and not about.latin else None
        both = (about, english) if english is not None else (about,)
        self._turkish, self._arabic = language == "tr", language == "ar"
        self._stop_words = frozenset().union(*map(_stop_words, both)) if stop_words else frozenset()
        by_dictionary = cutting == DICTIONARY and language in WITH_DICTIONARY
        self._dictionary = cutter(language) if by_dictionary else None
        stem = _stemmer(about) if stemming else _as_they_are
        self._own = _AROUND[language](stem) if stemming and language in _AROUND else stem
        self._english = _stemmer(english) if stemming and english is not None else None
        self._letters = {"fa": _PERSIAN, "ar": _ARABIC}.get(language, _BARE)

    def terms(self, text: str) -> list[str]:
        """The terms of a passage, repeats included; empty where nothing but stop words or signs is there.

        Of what is cut into pairs, also the single characters: a query of one character finds it.
        """
        return self._terms(text, self._dictionary or (lambda stretch: [*characters(stretch), *pairs(stretch)]))

    def query_terms(self, text: str) -> list[str]:
        """The terms of a query in their order: as `terms`, with single characters only where one stands alone."""
        return self._terms(text, self._dictionary or pairs)

    def _terms(self, text: str, cut: Callable[[str], list[str]]) -> list[str]:
        plain = folded(encodable(text), self._turkish)
        if not is_paired(plain):
            return self._stemmed(words(self._respelled(plain)))
        terms: list[str] = []
        for word in words(self._respelled(plain)):
            for part, paired in stretches(word):
                terms += cut(part) if paired else self._stemmed([part])
        return terms

    def _respelled(self, plain: str) -> str:
        if plain.isascii() or not _RESPELLED.search(plain):
            return plain
        plain = _HINDI_NASAL.sub("ं", plain.translate(self._letters)).replace(_NUKTA, "")
        return _ARABIC_HA.sub("ة", _ARABIC_AND.sub("", plain)) if self._arabic else plain

    def _stemmed(self, words: Sequence[str]) -> list[str]:
        """The terms of words, stop words left out."""
        kept = [word for word in words if word not in self._stop_words]
        if self._english is not None and any(map(str.isascii, kept)):
            return [term for word in kept for term in (self._english if word.isascii() else self._own)([word])]
        return self._own(kept)


def _as_they_are(words: Sequence[str]) -> list[str]:
    return list(words)


def _bare(stem: Stem) -> Stem:
    """The stems without the signs on Arabic letters that many leave out."""
    return lambda words: [term.translate(_BARE) for term in stem(words)]


def _with_final_u(stem: Stem) -> Stem:
    """The stems of Hindi, words in -u apart: Snowball cuts that off, and makes Hindu of Hindi."""
    return lambda found: [
        term for word in found for term in ([_HINDI_U.sub("ु", word)] if _HINDI_U.search(word) else stem([word]))
    ]


_AROUND: dict[str, Callable[[Stem], Stem]] = {"ar": _bare, "hi": _with_final_u}


@lru_cache(maxsize=8)
def _stop_words(about: Language) -> frozenset[str]:
    if not about.stop_words:
        return frozenset()
    import bm25s.stopwords

    listed = [words(folded(word, about.name == "Turkish")) for word in getattr(bm25s.stopwords, about.stop_words)]
    return frozenset(word for one in listed if len(one) == 1 for word in one)


def _stemmer(about: Language) -> Stem:
    import Stemmer

    return Stemmer.Stemmer(about.stemmer).stemWords if about.stemmer else _as_they_are


def encodable(text: str) -> str:
    """The text with lone surrogates as question marks: stemmers and tokenizers take only what UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
