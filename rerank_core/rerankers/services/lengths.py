"""How long a text is for a service whose tokenizer we do not have, in tokens, estimated from its characters.

Nothing is cut by it: it tells what a service has probably cut, and what a request will probably cost. What we cut
ourselves is counted in words that can be read back from the text: see `llm/words.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from rerank_core.rerankers.family import TokenLimit

NOTE = "The service does not say what it cuts: tokens cut are estimated from the number of characters."


def estimated_tokens(texts: Sequence[str]) -> list[int]:
    """For each text, about how many tokens it has: four characters of ASCII a token, one character of all others."""
    return [ceil(len(text) - 0.75 * len(text.encode("ascii", "ignore"))) for text in texts]


def estimated_limit(max_tokens: int, query_max: int) -> TokenLimit:
    """The limit of a service that reads `max_tokens` of query and passage together, and cuts the passage first."""
    return TokenLimit(max_tokens, 0, estimated_tokens, query_shares=True, query_first=True, query_max=query_max)
