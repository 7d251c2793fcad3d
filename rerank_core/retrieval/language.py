"""In which language passages are: found out from a sample of them, the same answer each time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version
from threading import Lock
from typing import Any, Protocol, runtime_checkable

import regex

from rerank_core.retrieval.languages import AUTO, ENGLISH, LANGUAGES, NONE
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.types import Corpus, Doc

SAMPLE = 200
"""Passages that are looked at."""
_CHARS = 1000  # of each
_SURE = 0.9  # below, Latin letters are taken for English
_VOTES = 0.8  # a passage as sure as this has a vote
_MAJORITY = 0.6
_LEAST_LETTERS = 20

_KANA_SCRIPT, _HAN_SCRIPT, _LATIN_SCRIPT = r"\p{Hiragana}\p{Katakana}", r"\p{Han}", r"\p{Latin}"
_SCRIPTS: dict[str, tuple[str, ...]] = {
    _KANA_SCRIPT: ("ja",),
    r"\p{Hangul}": ("ko",),
    _HAN_SCRIPT: ("zh",),
    r"\p{Thai}": ("th",),
    r"\p{Lao}": ("lo",),
    r"\p{Khmer}": ("km",),
    r"\p{Myanmar}": ("my",),
    r"\p{Greek}": ("el",),
    r"\p{Armenian}": ("hy",),
    r"\p{Georgian}": ("ka",),
    r"\p{Hebrew}": ("he",),
    r"\p{Tamil}": ("ta",),
    r"\p{Telugu}": ("te",),
    r"\p{Kannada}": ("kn",),
    r"\p{Malayalam}": ("ml",),
    r"\p{Bengali}": ("bn",),
    r"\p{Gujarati}": ("gu",),
    r"\p{Gurmukhi}": ("pa",),
    r"\p{Sinhala}": ("si",),
    r"\p{Devanagari}": ("hi", "ne", "mr"),
    r"\p{Arabic}": ("ar", "fa", "ur"),
    r"\p{Cyrillic}": ("ru", "uk", "bg", "sr", "be", "mk", "kk"),
    _LATIN_SCRIPT: (),  # all others, English where unsure
}
"""Script -> the languages that it may be; the first one where the text does not say. Yiddish is not told from Hebrew.

The order is that of the question: some kana make a text Japanese, however many Chinese characters it has.
"""
_LETTERS = {script: regex.compile(f"[{script}]") for script in _SCRIPTS}
_LATIN = (ENGLISH, *(code for code, about in LANGUAGES.items() if about.latin and code not in (ENGLISH, "sr", "yi")))
_KANA = 0.05  # of kana and Chinese characters together
_LOADING = Lock()
_FOREIGN = 0.3  # of all letters: below, a text in Latin letters quotes another script


@runtime_checkable
class KeepsLanguage(Protocol):
    """What a corpus offers that keeps the language that its passages were found in."""

    def kept_language(self, found_by: str) -> str | None:
        """The code that was kept; None where the passages were not looked at in this way."""

    def keep_language(self, found_by: str, code: str) -> None:
        """Keep it."""


def detect(texts: Iterable[str]) -> str:
    """A code of `LANGUAGES`, or "none" where no language has the most of the texts.

    The script decides where it can, else py3langid over all texts together and over each one. English where letters
    are Latin and the texts are too few or too odd to say (product codes, names).
    """
    parts = [text[:_CHARS] for text in texts if text.strip()]
    script = _script("\n".join(parts))
    candidates = _SCRIPTS[script] or _LATIN
    return candidates[0] if len(candidates) == 1 else _classified(parts, candidates)


def detect_corpus(corpus: Corpus) -> str:
    """As `detect`, over `SAMPLE` passages: those with the lowest text hashes, whatever their order in the corpus.

    A corpus that keeps what was found of it (`KeepsLanguage`) is looked at once.
    """
    code = corpus.kept_language(found_by()) if isinstance(corpus, KeepsLanguage) else None
    if code in LANGUAGES or code == NONE:
        return str(code)
    sample = getattr(corpus, "sample", None)
    docs: Iterable[Doc] = (
        sample(SAMPLE)
        if sample is not None
        else heapq.nsmallest(SAMPLE, corpus.docs(), key=lambda doc: (doc.text_hash, doc.docid))
    )
    found = detect(doc.content for doc in docs)
    if isinstance(corpus, KeepsLanguage):
        corpus.keep_language(found_by(), found)
    return found


def found_by() -> str:
    """How a language is found, in a word: what was found otherwise may be another one."""
    return f"{SAMPLE} passages, py3langid {version('py3langid')}"


def spoken(settings: RetrievalSettings, corpus: Corpus) -> str:
    """The language of the settings; where they say auto, the one that the passages are in."""
    return detect_corpus(corpus) if settings.language == AUTO else settings.language


def _script(text: str) -> str:
    """The key of `_SCRIPTS` that the text is written in; Latin where it has no letters."""
    counts = {script: len(letters.findall(text)) for script, letters in _LETTERS.items()}
    total = sum(counts.values())
    del counts[_LATIN_SCRIPT]
    if counts[_KANA_SCRIPT] >= _KANA * (counts[_KANA_SCRIPT] + counts[_HAN_SCRIPT]):
        counts[_KANA_SCRIPT] += counts[_HAN_SCRIPT]
    script = max(counts, key=lambda one: counts[one])
    return script if counts[script] > _FOREIGN * total else _LATIN_SCRIPT


def _classified(texts: Sequence[str], candidates: Sequence[str]) -> str:
    identifier = _identifier(tuple(candidates))
    joined = "\n".join(texts)
    if sum(map(str.isalpha, joined)) < _LEAST_LETTERS:
        return candidates[0]
    best, sure = identifier.classify(joined)
    votes = Counter(code for code, share in map(identifier.classify, texts) if share >= _VOTES)
    if votes and votes[best] < _MAJORITY * votes.total():
        return NONE
    return str(best) if sure >= _SURE else candidates[0]


def _identifier(candidates: tuple[str, ...]) -> Any:
    with _LOADING:  # 80 MB and seconds: many tabs at once load it once
        return _loaded_identifier(candidates)


@lru_cache(maxsize=8)
def _loaded_identifier(candidates: tuple[str, ...]) -> Any:
    """py3langid's classifier (Lui and Baldwin, ACL 2012, P12-3005), its model in the wheel, asked for these only."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(candidates)
    return identifier
