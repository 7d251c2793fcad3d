"""Clicks of production, as logs tell them: on which passage of the list of which request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database


class LoggedClick(NamedTuple):
    """A click. `at`: seconds since 1970, 0 where the log has no time: then a passage is clicked once per request."""

    request: str
    docid: str
    at: float = 0.0


def put_clicks(db: Database, log_id: int, clicks: Iterable[LoggedClick]) -> int:
    """Keep clicks; return how many are new. A click belongs to its request also where that comes later, or never."""
    fresh = 0
    for click in clicks:
        sql = "INSERT INTO traffic_click (log_id, request, docid, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        fresh += db.conn.execute(sql, (log_id, *click)).rowcount
    return fresh


def clicked(db: Database) -> dict[str, frozenset[str]]:
    """Request -> docids that were clicked in its list; a row whose names are no texts counts as not there."""
    found: dict[str, set[str]] = defaultdict(set)
    sql = """SELECT request, docid FROM traffic_click
             WHERE log_id IN (SELECT id FROM traffic_log WHERE state = 'ready')
             AND typeof(request) = 'text' AND typeof(docid) = 'text'"""
    for request, docid in db.conn.execute(sql):
        found[request].add(docid)
    return {request: frozenset(docids) for request, docids in found.items()}


def count_clicks(db: Database) -> tuple[int, int]:
    """How many clicks there are, and how many of them belong to a request that is here."""
    ready = "log_id IN (SELECT id FROM traffic_log WHERE state = 'ready')"
    sql = f"""SELECT count(*), coalesce(sum(request IN (SELECT request FROM traffic_request WHERE {ready})), 0)
              FROM traffic_click WHERE {ready}"""
    row = db.execute(sql).fetchone()
    return int(row[0]), int(row[1])
