"""In which language a dataset's passages are read, and what that means for what finds them, in words."""

from __future__ import annotations

from threading import Lock

from rerank_core.retrieval.dense_model import BUNDLED
from rerank_core.retrieval.dictionaries import DICTIONARY, WITH_DICTIONARY
from rerank_core.retrieval.language import detect_corpus
from rerank_core.retrieval.languages import AUTO, ENGLISH, LANGUAGES, NONE, language_name
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.datasets import DatasetRow, StoredCorpus
from rerank_core.store.workspace import Workspace

PAIRED = ("zh", "ja", "ko", "th", "lo", "km", "my")
_known: dict[str, str] = {}  # by fingerprint: the same passages are in the same language
_MOST_KNOWN = 100
_FINDING = Lock()
"""Where many tabs are opened at once, one of them looks and the others take what it found."""


def found_language(workspace: Workspace, dataset: DatasetRow) -> str:
    """The language that most passages are in: a code, or "none" for several. Raises RerankLensError as `StoredCorpus`.

    A sample of them is looked at, the same one each time.
    """
    if (known := _known.get(dataset.fingerprint)) is not None:
        return known
    with _FINDING:
        if (known := _known.get(dataset.fingerprint)) is not None:
            return known
        code = detect_corpus(StoredCorpus(workspace, dataset))
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[dataset.fingerprint] = code
    return code


def language_of(workspace: Workspace, dataset: DatasetRow, settings: RetrievalSettings) -> str:
    """The language that words are read in: that of the settings, or the one that was found. A code or "none"."""
    return found_language(workspace, dataset) if settings.language == AUTO else settings.language


def how_words_are_read(code: str, settings: RetrievalSettings) -> str:
    """What BM25 does with words of a language, as a sentence."""
    if code == NONE:
        return "No stemmer and no stop words: words are compared as they are."
    about = LANGUAGES[code]
    cut = (
        "words by a dictionary" if settings.cutting == DICTIONARY and code in WITH_DICTIONARY else "pairs of characters"
    )
    parts = [cut] if code in PAIRED else []
    if code not in PAIRED and settings.stemming:
        parts.append("stems by Snowball" if about.stemmer else "no stems, as there is no stemmer for it")
    if code not in PAIRED and settings.stop_words:
        parts.append("stop words left out" if about.stop_words else "no list of stop words")
    return f"Words are read as {about.name}: {', '.join(parts) or 'as they are'}."


def dense_note(code: str, settings: RetrievalSettings) -> str:
    """A warning where the bundled English model reads another language; "" where it does not."""
    if "dense" not in settings.retrievers or settings.dense_model != BUNDLED or code == ENGLISH:
        return ""
    looks = "to be in several languages" if code == NONE else language_name(code)
    return (
        f"The bundled dense model was trained on English; these passages look {looks}. "
        "It finds little in other languages: choose a multilingual dense model, or BM25 alone."
    )
