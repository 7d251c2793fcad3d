"""From what a rerank service answers to scores in the order of the texts, or to an error: never to a guess."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rerank_core.rerankers.services.provider import Provider


def in_order(provider: Provider, pairs: Iterable[tuple[Any, Any]], count: int) -> list[float]:
    """The scores of (index, score) pairs, which come in any order, as a list of `count` floats by index.

    Raises ProviderError for an index that is missing, repeated or out of range, and for a score that is no finite
    number.
    """
    scores: dict[int, float] = {}
    for index, score in pairs:
        if type(index) is not int or not 0 <= index < count or index in scores:
            raise provider.malformed(f"gave a score for a passage {index!r} that is repeated or was not sent")
        number = _number(score)
        if number is None:
            raise provider.malformed(f"gave a score for passage {index} that is not a finite number")
        scores[index] = number
    if len(scores) != count:
        few = "; does the server keep only the best (top_n)?" if scores else "; the answer is empty"
        raise provider.malformed(f"gave {len(scores)} scores for {count} passages{few}")
    return [scores[index] for index in range(count)]


def scored_rows(provider: Provider, body: Any) -> list[tuple[Any, Any]]:
    """The (index, score) pairs of an answer to a rerank request.

    Understood are a list of {index, score} (Text Embeddings Inference), and an object that holds a list: "results"
    (Jina, Cohere, vLLM, Infinity) or "data" (Voyage) of {index, relevance_score}, "rankings" of {index, logit}
    (NVIDIA). Raises ProviderError for anything else.
    """
    named = [body.get(name) for name in ("results", "data", "rankings")] if isinstance(body, Mapping) else [body]
    rows = next((rows for rows in named if rows is not None), None)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise provider.malformed("gave an answer that is no list of scores")
    return [(row.get("index"), row.get("relevance_score", row.get("score", row.get("logit")))) for row in rows]


def _number(score: Any) -> float | None:
    """A score as a float; None where it is none, or beyond what a float holds."""
    try:
        return float(score) if type(score) in (int, float) and math.isfinite(score) else None
    except OverflowError:
        return None


def count_tokens(provider: Provider, body: Any) -> None:
    """Count the tokens that an answer says were used: "usage": {"total_tokens": …}; nothing where it does not say."""
    usage = body.get("usage") if isinstance(body, Mapping) else None
    if isinstance(usage, Mapping):
        provider.count("tokens", usage.get("total_tokens"))
