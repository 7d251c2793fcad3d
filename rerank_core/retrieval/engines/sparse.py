"""Words as sparse vectors: BM25's saturation stands in the passage's weights, idf is left to the engine.

Qdrant multiplies by idf itself (`modifier: idf`), so that a passage's weights need no word of the other passages.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from rerank_core.retrieval.analysis import Analyzer

K1, B = 1.2, 0.75
MEAN_WORDS = 256.0
"""Stands for the mean length of passages, which is not known while they come in, as in Qdrant's own BM25."""


def sparse_query(text: str) -> dict[str, list[Any]]:
    """{"indices": word numbers, ascending, "values": 1.0 each}."""
    numbers = sorted(set(map(_number, Analyzer(True, True).query_terms(text))))
    return {"indices": numbers, "values": [1.0] * len(numbers)}


def sparse_passage(text: str) -> dict[str, list[Any]]:
    """{"indices": word numbers, ascending, "values": BM25's weight of each without its idf}.

    tf (k1 + 1) / (tf + k1 (1 - b + b length / mean)), Robertson and Zaragoza 2009, doi 10.1561/1500000019.
    """
    counts = Counter(map(_number, Analyzer(True, True).terms(text)))
    norm = K1 * (1 - B + B * counts.total() / MEAN_WORDS)
    weights = {number: count * (K1 + 1) / (count + norm) for number, count in counts.items()}
    return {"indices": sorted(weights), "values": [weights[number] for number in sorted(weights)]}


def _number(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()[:4], "big")
