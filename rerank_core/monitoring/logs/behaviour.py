"""OpenSearch's User Behavior Insights: documents of the indexes ubi_queries and ubi_events as JSON lines.

Names: the UBI specification, github.com/o19s/ubi, and OpenSearch's "UBI index schemas". A line may be the document
itself or what an export puts around it (`_source`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rerank_core.monitoring.logs.rows import (
    LONGEST_QUERY,
    LeftOut,
    Row,
    RowError,
    as_time,
    docid_of,
    get,
    refuse_many,
    text_at,
    without_repeats,
)
from rerank_core.store.traffic_clicks import LoggedClick
from rerank_core.store.traffic_requests import LISTED, LoggedDoc, LoggedRequest


def is_behaviour(row: Mapping[str, Any]) -> bool:
    """Whether a row is a document of one of the two indexes."""
    own = _inner(row)
    return "query_id" in own and ("query_response_hit_ids" in own or "user_query" in own or "action_name" in own)


def read_behaviour(row: Mapping[str, Any]) -> Row:
    """A query with the list that was shown, or a click on a passage of it. Raises RowError."""
    own = _inner(row)
    return _event(own) if "action_name" in own else _query(own)


def _inner(row: Mapping[str, Any]) -> Mapping[str, Any]:
    source = row.get("_source")
    return source if isinstance(source, Mapping) else row


def _query(row: Mapping[str, Any]) -> LoggedRequest:
    hits = row.get("query_response_hit_ids") or []
    if not isinstance(hits, list):
        raise RowError("'query_response_hit_ids' is no list")
    refuse_many(hits)
    query = text_at(row, "user_query", LONGEST_QUERY)
    if not query.strip():
        raise RowError("there is no 'user_query'")
    return LoggedRequest(
        request=_query_id(row),
        at=as_time(row.get("timestamp"), "timestamp"),
        system=text_at(row, "application") or "logged",
        query=query,
        outcome=LISTED,
        docs=without_repeats([LoggedDoc(docid_of(hit)) for hit in hits]),
    )


def _event(row: Mapping[str, Any]) -> Row:
    action = text_at(row, "action_name")
    if "click" not in action.casefold():
        return LeftOut(f"events '{action[:60]}', which are no clicks")
    docid = get(row, "event_attributes.object.object_id")
    if docid is None:
        return LeftOut("clicks on something that is no passage")
    return LoggedClick(_query_id(row), docid_of(docid), as_time(row.get("timestamp"), "timestamp"))


def _query_id(row: Mapping[str, Any]) -> str:
    found = text_at(row, "query_id")
    if not found:
        raise RowError("there is no 'query_id'")
    return found
