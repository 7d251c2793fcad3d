"""Libraries that take seconds to import: those of models beside other work, those of words before."""

from __future__ import annotations

from importlib import import_module
from threading import Lock

_ALONE = Lock()
_WORDS = (
    "asyncio",
    "encodings.cp437",
    "multiprocessing.synchronize",
    "rerank_core.retrieval.bm25",
    "rerank_core.retrieval.dense",
    "rerank_core.retrieval.language",
    "rerank_core.retrieval.postings",
    "rerank_core.retrieval.reweighing",
    "bm25s",
    "bm25s.tokenization",
    "Stemmer",
    "py3langid.langid",
    "scipy.sparse",
)
_MODELS = ("torch", "sentence_transformers")


def import_for_words() -> None:
    """What finding by words alone imports: two threads that import parts of one library at once can get half of it."""
    for name in _WORDS:
        import_module(name)


def import_for_models() -> None:
    """What local models need: 5 seconds on two idle cores."""
    with _ALONE:
        for name in _MODELS:
            import_module(name)


def wait_for_import() -> None:
    """Return once no other thread is within `import_for_models`; to be called before a model is opened."""
    with _ALONE:
        pass
