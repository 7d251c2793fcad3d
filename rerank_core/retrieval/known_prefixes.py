"""What known models want before a query and before a passage: they were trained with it, and find less without it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_WEB_SEARCH = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
_REPRESENT = "Represent this sentence for searching relevant passages: "


@dataclass(frozen=True, slots=True)
class Prefixes:
    """`query`, `passage`: put before each text.

    `source`: where that was read and when, with "second hand" where the page is not the maker's own.
    """

    query: str
    passage: str
    source: str


def _mteb(file: str) -> str:
    return f"github.com/embeddings-benchmark/mteb, model_implementations/{file}, 2026-08 (second hand)"


# by the last part of the name, in lower case; the first that fits. The makers' cards could not be read: most is what
# others wrote, and says so
_KNOWN: tuple[tuple[str, Prefixes], ...] = (
    (
        r"(multilingual-)?e5-[\w-]*instruct",
        Prefixes(f"{_WEB_SEARCH} ", "", f"{_mteb('e5_instruct.py')}; the task itself not looked up"),
    ),
    (
        r"e5-mistral.*",
        Prefixes(f"{_WEB_SEARCH} ", "", f"{_mteb('e5_instruct.py')}; the task itself not looked up"),
    ),
    (r"(multilingual-)?e5-(small|base|large)(-v2)?", Prefixes("query: ", "passage: ", _mteb("e5_models.py"))),
    (r"bge-(small|base|large)-en(-v1\.5)?", Prefixes(_REPRESENT, "", _mteb("bge_models.py"))),
    (r"mxbai-embed-(large|xsmall)-v1", Prefixes(_REPRESENT, "", _mteb("mixedbread_ai_models.py"))),
    (r"snowflake-arctic-embed-\w+-v2\.0", Prefixes("query: ", "", "hivebook.wiki, 2026-11 (second hand)")),
    (
        r"snowflake-arctic-embed-[\w.-]+",
        Prefixes(_REPRESENT, "", f"{_mteb('arctic_models.py')}, of m-v1.5; the others not looked up"),
    ),
    (
        r"(nomic-embed-text|modernbert-embed).*",
        Prefixes("search_query: ", "search_document: ", _mteb("nomic_models.py")),
    ),
    (
        r"gte-qwen.*instruct",
        Prefixes(f"{_WEB_SEARCH} ", "", f"{_mteb('gte_models.py')}; the task itself not looked up"),
    ),
    (
        r"qwen3-embedding.*",
        Prefixes(_WEB_SEARCH, "", "config_sentence_transformers.json of Qwen/Qwen3-Embedding-0.6B, 2026-11"),
    ),
    (
        r"embeddinggemma.*",
        Prefixes(
            "task: search result | query: ",
            "title: none | text: ",
            "ericlbuehler.github.io/mistral.rs/EMBEDDINGGEMMA.html, 2026-11 (second hand)",
        ),
    ),
)


def known_prefixes(name: str) -> Prefixes | None:
    """The prefixes of a model by the last part of its hub name or folder; None for one that is not known here.

    >>> known_prefixes("intfloat/multilingual-e5-small").query, known_prefixes("all-MiniLM-L6-v2")
    ('query: ', None)
    """
    last = Path(name).name.lower()
    return next((prefixes for pattern, prefixes in _KNOWN if re.fullmatch(pattern, last)), None)
