"""What this judge has graded, newest first, found by words: to read again, with notes, and to grade anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlite_utils import Database

from rerank_core.judging.judge_queue import QueueItem
from rerank_core.store import datasets
from rerank_core.text import shortened
from rerank_core.types import Doc, Query

MOST = 200
"""Rows that travel to the browser; words find the others."""
LONGEST_NAME = 120  # characters of a passage that stand for it


def own_grades(db: Database, dataset_id: int, done: Sequence[QueueItem], words: str) -> dict[str, Any]:
    """The payload for the list: the words that were looked for, how many match, and the newest `MOST` of these.

    `done`: what the judge graded or skipped, newest first. Every word must stand in the query, the passage or the
    note, in any case. A row is [qid, docid, rule, grade, note, rank, skipped, query, passage], the last two as texts.
    """
    queries = {query.qid: query for query in datasets.get_queries(db, dataset_id)}
    docs = datasets.get_docs(db, dataset_id, list(dict.fromkeys(item.docid for item in done)))
    wanted = words.casefold().split()
    found = [item for item in done if _matches(item, queries, docs, wanted)]
    return {"words": words, "total": len(found), "rows": [_row(item, queries, docs) for item in found[:MOST]]}


def _matches(item: QueueItem, queries: Mapping[str, Query], docs: Mapping[str, Doc], wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    query, doc = queries.get(item.qid), docs.get(item.docid)
    texts = [query.text if query else item.qid, doc.title if doc else "", doc.text if doc else item.docid, item.note]
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in wanted)


def _row(item: QueueItem, queries: Mapping[str, Query], docs: Mapping[str, Doc]) -> list[Any]:
    query, doc = queries.get(item.qid), docs.get(item.docid)
    names = (shortened(query.text, LONGEST_NAME) if query else item.qid, doc.name(LONGEST_NAME) if doc else item.docid)
    own = (item.qid, item.docid, item.rule, item.grade, item.note, item.places.get("rank"), item.grade is None)
    return [*own, *names]
