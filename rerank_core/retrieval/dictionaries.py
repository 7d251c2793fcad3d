"""Words of languages without spaces, cut by a dictionary: the extra `words`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rerank_core.errors import NotReadyError

PAIRS, DICTIONARY = "pairs", "dictionary"
"""Values of the setting `cutting`."""
WITH_DICTIONARY = ("zh", "ja")
Cut = Callable[[str], list[str]]


@lru_cache(maxsize=2)
def cutter(language: str) -> Cut:
    """A function that cuts text of one of `WITH_DICTIONARY` into words, in their order.

    Chinese by jieba's search mode, which also gives the short words within long ones; Japanese by janome (IPADIC).
    Raises NotReadyError where the library is not installed.
    """
    try:
        if language == "zh":
            import rjieba

            return lambda text: [str(word) for word in rjieba.cut_for_search(text)]
        from janome.tokenizer import Tokenizer
    except ImportError as error:
        raise NotReadyError(
            "Cutting words by a dictionary needs the extra 'words': pip install 'rerank-lens[words]'."
        ) from error
    tokenizer = Tokenizer(wakati=True)
    return lambda text: [str(word) for word in tokenizer.tokenize(text)]
