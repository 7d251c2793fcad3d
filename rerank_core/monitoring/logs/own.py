"""The log of our own server: one JSON object per request, with candidates, ranking and milliseconds per part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rerank_core.monitoring.logs.rows import (
    LONGEST_QUERY,
    LeftOut,
    Row,
    RowError,
    as_number,
    as_time,
    count_at,
    docid_of,
    flag_at,
    get,
    has_moved,
    refuse_many,
    text_at,
)
from rerank_core.store.traffic_requests import FAILED, RERANKED, SERVED, SHADOW, SKIPPED, LoggedDoc, LoggedRequest

_ROLES = {"rerank": SERVED, "refused": SERVED, "shadow": SHADOW}
_REFUSED_BY_US = 500
"""From this status on the server failed; below it, the caller asked for what cannot be, which is no fault to watch."""


def is_own(row: Mapping[str, Any]) -> bool:
    """Whether a row is one of our server's."""
    return row.get("kind") in _ROLES and "request" in row and "time" in row


def read_own(row: Mapping[str, Any]) -> Row:
    """A row of the log; fields that are not known play no part. Raises RowError."""
    kind = text_at(row, "kind")
    if kind not in _ROLES:
        return LeftOut(f"rows of the kind '{kind}'" if kind else "rows without a kind")
    if kind == "refused" and (count_at(row, "status") or _REFUSED_BY_US) < _REFUSED_BY_US:
        return LeftOut("requests that were refused for what they asked")
    docs = _docs(row)
    moved = flag_at(row, "moved")
    request = text_at(row, "request")
    if not request:
        raise RowError("there is no 'request'")
    failed = (count_at(row, "status") or 200) >= 400
    scored = any(doc.score is not None for doc in docs)
    return LoggedRequest(
        request=request,
        at=as_time(get(row, "time")),
        system=text_at(row, "system"),
        query=text_at(row, "query", LONGEST_QUERY),
        outcome=FAILED if failed else RERANKED if scored else SKIPPED,
        docs=docs,
        role=_ROLES[kind],
        query_hash=text_at(row, "query_hash"),
        made_of=text_at(row, "key"),
        ms=_total(row.get("ms")),
        pairs=count_at(row, "pairs"),
        kept=count_at(row, "kept_scores"),
        moved=moved if moved is not None else has_moved(docs),
    )


def _docs(row: Mapping[str, Any]) -> tuple[LoggedDoc, ...]:
    candidates, ranking = row.get("candidates") or [], row.get("ranking") or []
    if not isinstance(candidates, list) or not isinstance(ranking, list):
        raise RowError("'candidates' and 'ranking' are no lists")
    refuse_many(candidates)
    refuse_many(ranking)
    ids: dict[int, str] = {}
    for rank, candidate in enumerate(candidates):
        if not isinstance(candidate, Mapping):
            raise RowError("a candidate is no object")
        place = candidate.get("place", rank)
        ids[place] = _docid(candidate)
    docs: dict[str, LoggedDoc] = {}
    for told in ranking:
        place = told.get("place") if isinstance(told, Mapping) else None
        if place not in ids:
            raise RowError("the ranking names a place that is no candidate")
        docs.setdefault(ids[place], LoggedDoc(ids[place], as_number(told.get("score"), "score"), int(place) + 1))
    return tuple(docs.values())


def _docid(candidate: Mapping[str, Any]) -> str:
    if candidate.get("id") is not None:
        return docid_of(candidate["id"])
    if not candidate.get("text_hash"):
        raise RowError("a candidate has neither an 'id' nor a 'text_hash'")
    return docid_of(f"text:{candidate['text_hash']}")


def _total(parts: Any) -> float | None:
    if not isinstance(parts, Mapping):
        return as_number(parts, "ms")
    if "total" in parts:
        return as_number(parts["total"], "ms.total")
    known = [number for name, value in parts.items() if (number := as_number(value, f"ms.{name}")) is not None]
    return sum(known) if known else None
