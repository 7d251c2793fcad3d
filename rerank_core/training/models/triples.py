"""What an encoder learns from: a query, a passage that is right, and one that is not."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.errors import SettingsError
from rerank_core.training.data import WEAK_FROM
from rerank_core.types import Doc, Query, Ranking

MOST_PER_QUERY = 8
_DEEPEST_WEAK = 30


@dataclass(frozen=True, slots=True)
class Triple:
    """Texts. `weak`: nobody has read the negative; it is an ungraded candidate of BM25."""

    query: str
    positive: str
    negative: str
    weak: bool


def triples(
    queries: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
    docs: Mapping[str, Doc],
    candidates: Mapping[str, Ranking],
    level: int = 1,
    seed: int = 0,
) -> list[Triple]:
    """Up to `MOST_PER_QUERY` triples per query, its best graded passages first.

    The positive is graded `level` or above. Its negative is drawn from the passages of a lower grade; where there are
    none, from the ungraded candidates of BM25 at ranks `WEAK_FROM` to 30. A query without either gives no triple.
    `docs`: graded passages and candidates; one that is not there is not used.
    """
    rng = random.Random(seed)
    found = []
    for query in queries:
        grades = {docid: grade for docid, grade in qrels.get(query.qid, {}).items() if docid in docs}
        right = sorted(
            (docid for docid in grades if grades[docid] >= max(1, level)), key=lambda one: (-grades[one], one)
        )
        listed = candidates[query.qid].docids[WEAK_FROM - 1 : _DEEPEST_WEAK] if query.qid in candidates else ()
        unread = [docid for docid in listed if docid not in qrels.get(query.qid, {}) and docid in docs]
        for docid in right[:MOST_PER_QUERY]:
            lower = sorted(one for one in grades if grades[one] < grades[docid])
            pool = lower or unread
            if pool:
                negative = rng.choice(pool)
                texts = (query.text, docs[docid].content, docs[negative].content)
                found.append(Triple(*texts, weak=not lower))
    return found


def triples_sentence(found: Sequence[Triple]) -> str:
    """How many there are."""
    return f"{len(found):,} triples, {sum(one.weak for one in found):,} of them with a weak negative."


def refuse_none(found: Sequence[Triple]) -> None:
    """Raise SettingsError without a triple."""
    if not found:
        raise SettingsError("No query has a relevant passage and one that is not: there is nothing to learn from.")


def columns(found: Sequence[Triple]) -> dict[str, list[str]]:
    """As sentence-transformers' losses of triples read them, in this order."""
    return {
        "anchor": [one.query for one in found],
        "positive": [one.positive for one in found],
        "negative": [one.negative for one in found],
    }
