"""Whether what comes in has been reranked already: reranking twice costs and seldom helps."""

from __future__ import annotations

import re
from collections.abc import Iterable

_FIELDS = frozenset(
    ("relevancescore", "rerankscore", "rerankerscore", "rerankingscore", "searchrerankerscore", "crossencoderscore")
)
_RUNS = re.compile(
    r"re-?rank|cross-?encoder|mono-?(?:t5|bert|electra|ptt5)|duo-?t5|rank-?(?:t5|gpt|zephyr|vicuna|llama)|colbert", re.I
)
TWICE = "Reranking twice costs and seldom helps: give it the first stage's own order."


def fields_of_rerankers(names: Iterable[str]) -> list[str]:
    """Those of the fields that rerankers write their scores into, such as "relevance_score" or "@search.rerankerScore".

    `names` in any order; the answer keeps it, each once.
    """
    return [name for name in dict.fromkeys(names) if re.sub(r"[\W_]", "", name).lower() in _FIELDS]


def is_run_of_reranker(*names: str) -> bool:
    """Whether one of a run's names (its tag, its file) says that a reranker made it."""
    return any(_RUNS.search(name) for name in names)
