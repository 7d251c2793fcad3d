"""What was asked of a search in production and what it answered, as logs tell it; and the logs that told it."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import row_values
from rerank_core.store.workspace import now
from rerank_core.text import folded
from rerank_core.types import text_hash

SERVED, SHADOW = ROLES = ("served", "shadow")
"""Whether a caller got the list, or it was made beside another one and given to nobody."""
RERANKED, SKIPPED, FAILED, LISTED = OUTCOMES = ("reranked", "skipped", "failed", "listed")
"""LISTED: there is a list, and nothing says whether a reranker was asked."""
EARLIEST, LATEST = 0.0, 9_183_110_400.0
"""The times that are taken, in seconds since 1970: before 2261, as charts count nanoseconds in 64 bits."""


class LoggedDoc(NamedTuple):
    """A place of a logged list. `before`: the rank from 1 that it had before the reranker; None: not known.

    `docid` may be "text:" and the hash of the text, where the log has no id.
    """

    docid: str
    score: float | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request. `request` is its id in the log, `at` its time in seconds since 1970.

    `query`: as asked; "" where the log has its hash alone, then `query_key` is made of that. `docs`: the list, best
    first. `made_of`: what the log says the system was made of, "" for nothing. `ms`: all of its time. `pairs`, `kept`:
    pairs of query and passage that needed a score, and those of them whose score was kept from before. `moved`: whether
    the reranker changed the order. None: the log does not say.
    """

    request: str
    at: float
    system: str
    query: str
    outcome: str
    docs: tuple[LoggedDoc, ...] = ()
    role: str = SERVED
    query_hash: str = ""
    made_of: str = ""
    ms: float | None = None
    pairs: int | None = None
    kept: int | None = None
    moved: bool | None = None

    @property
    def query_key(self) -> str:
        """Equal for requests that ask the same, whatever the case and the white space."""
        return query_key(self.query) if self.query else f"hash:{self.query_hash}"


def query_key(query: str) -> str:
    """The query as it is counted: in the form that words are compared in, with single blanks."""
    return " ".join(folded(query).split())


@dataclass(frozen=True, slots=True)
class TrafficLog:
    """A log that was imported. `report`: what was found in it. `at`: when, ISO 8601 in UTC."""

    id: int
    name: str
    form: str
    at: str
    report: Mapping[str, Any] = field(default_factory=dict)


def begin_log(db: Database, name: str, form: str, schema: str = "") -> int:
    """Make a log of which nothing is read until `finish_log`; return its id."""
    sql = "INSERT INTO traffic_log (name, form, schema, at) VALUES (?, ?, ?, ?)"
    return int(db.execute(sql, [name, form, schema, now()]).lastrowid or 0)


def finish_log(db: Database, log_id: int, report: Mapping[str, Any]) -> None:
    """Have what came with this log count. Where spans of rerankers are in it, a list without one was not reranked."""
    if report.get("form") == "spans":
        sql = f"""UPDATE traffic_request SET outcome = '{SKIPPED}' WHERE log_id = ? AND outcome = '{LISTED}'
                  AND EXISTS (SELECT 1 FROM traffic_request r WHERE r.log_id = ? AND r.outcome = '{RERANKED}')"""
        db.execute(sql, [log_id, log_id])
    text = json.dumps(dict(report), ensure_ascii=False)
    db.execute("UPDATE traffic_log SET state = 'ready', report = ? WHERE id = ?", [text, log_id])


def drop_log(db: Database, log_id: int) -> None:
    """Remove a log, and the requests and clicks that came with it first."""
    db.execute("DELETE FROM traffic_log WHERE id = ?", [log_id])


def drop_unfinished(db: Database) -> None:
    """Remove what imports left that were killed; to be called by whoever holds the lock of imports."""
    db.execute("DELETE FROM traffic_log WHERE state = 'importing'")


def list_logs(db: Database) -> list[TrafficLog]:
    """All logs that were read to their end, oldest first."""
    rows = db.execute("SELECT id, name, form, at, report FROM traffic_log WHERE state = 'ready' ORDER BY id")
    return [
        TrafficLog(log_id, row_values.text(name), row_values.text(form), row_values.text(at), _report(report))
        for log_id, name, form, at, report in rows
    ]


def put_requests(db: Database, log_id: int, requests: Sequence[LoggedRequest]) -> int:
    """Keep requests; return how many of them are new. One that is there already stays as it is."""
    fresh = 0
    for one in requests:
        scores = array("f", [doc.score for doc in one.docs if doc.score is not None])
        moved = None if one.moved is None else int(one.moved)
        cursor = db.conn.execute(
            """INSERT INTO traffic_request (log_id, request, system, role, at, query, query_key, made_of, outcome, ms,
               pairs, kept, moved, listed, scores) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO NOTHING""",
            (log_id, one.request, one.system, one.role, one.at, one.query, one.query_key, one.made_of, one.outcome,
             one.ms, one.pairs, one.kept, moved, len(one.docs), scores.tobytes()),
        )  # fmt: skip
        if cursor.rowcount == 1:
            fresh += 1
            docs = json.dumps(one.docs, ensure_ascii=False, separators=(",", ":"))
            db.conn.execute("INSERT INTO traffic_list (request_id, docs) VALUES (?, ?)", (cursor.lastrowid, docs))
    return fresh


_TEXTS = ("request", "system", "query", "query_key", "made_of")
_READY = f"""log_id IN (SELECT id FROM traffic_log WHERE state = 'ready') AND at BETWEEN {EARLIEST} AND {LATEST} AND
    {" AND ".join(f"typeof({name}) = 'text'" for name in _TEXTS)}"""
"""Requests of logs that were read to their end; one with a time or a name that no version of ours writes is none."""
_NUMBERS = ("ms", "pairs", "kept", "moved")
COLUMNS = ("id", "at", "system", "role", "query_key", "made_of", "outcome", "ms", "pairs", "kept", "moved", "scores")


def request_columns(db: Database, since: float | None = None, until: float | None = None) -> list[tuple[Any, ...]]:
    """A row of `COLUMNS` per request, oldest first, from `since` to before `until` (seconds since 1970).

    `ms`, `pairs`, `kept`, `moved` are None where there is no number from 0 to a billion.
    """
    columns = ", ".join(
        f"CASE WHEN {name} BETWEEN 0 AND 1e9 THEN {name} END" if name in _NUMBERS else name for name in COLUMNS
    )
    sql = f"SELECT {columns} FROM traffic_request WHERE {_READY} AND at >= ? AND at < ? ORDER BY at, id"
    low, high = float("-inf") if since is None else since, float("inf") if until is None else until
    return list(db.conn.execute(sql, [low, high]))


def span(db: Database) -> tuple[float, float] | None:
    """The times of the first and of the last request; None where there are none."""
    low, high = db.execute(f"SELECT min(at), max(at) FROM traffic_request WHERE {_READY}").fetchone()
    return None if low is None else (float(low), float(high))


def count_requests(db: Database) -> int:
    """How many requests there are."""
    return int(db.execute(f"SELECT count(*) FROM traffic_request WHERE {_READY}").fetchone()[0])


def last_change(db: Database) -> tuple[int, int]:
    """Changes with each log that is read or removed."""
    row = db.execute("SELECT count(*), coalesce(max(id), 0) FROM traffic_log WHERE state = 'ready'").fetchone()
    return int(row[0]), int(row[1])


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A query by its key, as it was asked last, and how often callers asked it; a shadow's rankings do not count."""

    key: str
    text: str
    count: int


def asked_queries(db: Database, most: int | None = None) -> list[AskedQuery]:
    """The queries, those asked most first, then by key; `text` is "" where the log has hashes alone."""
    sql = f"""SELECT query_key, query, count(DISTINCT request), max(at) FROM traffic_request
              WHERE {_READY} AND role = '{SERVED}' GROUP BY query_key ORDER BY 3 DESC, 1 LIMIT ?"""
    rows = db.execute(sql, [-1 if most is None else most])
    return [AskedQuery(row_values.text(key), row_values.text(text), int(n)) for key, text, n, _ in rows]


@dataclass(frozen=True, slots=True)
class LoggedList:
    """A list as it was logged, best first; `id` is the request's number in the workspace."""

    id: int
    request: str
    system: str
    role: str
    at: float
    query_key: str
    docs: tuple[LoggedDoc, ...]


def walk_lists(db: Database, keys: Iterable[str] | None = None) -> Iterator[LoggedList]:
    """All lists with a place in them, by request; `keys`: of these queries alone. A list in memory at a time.

    One that this version cannot read counts as not there.
    """
    among = "" if keys is None else "AND r.query_key IN (SELECT value FROM json_each(?))"
    sql = f"""SELECT r.id, r.request, r.system, r.role, r.at, r.query_key, l.docs FROM traffic_request r
              JOIN traffic_list l ON l.request_id = r.id
              WHERE r.{_READY} AND r.listed > 0 {among} ORDER BY r.request, r.role, r.system"""
    for row_id, request, system, role, at, query_key, docs in db.conn.execute(
        sql, [] if keys is None else [json.dumps(list(keys))]
    ):
        try:
            listed = tuple(_doc(*one) for one in row_values.listed(docs))
            yield LoggedList(row_id, request, system, role, at, query_key, listed)
        except row_values.UNREADABLE:
            continue


def newest_request(db: Database, key: str, system: str) -> int:
    """The newest request of a query that this system answered. Raises NotFoundError."""
    sql = f"""SELECT id FROM traffic_request WHERE {_READY} AND query_key = ? AND system = ? AND listed > 0
              ORDER BY at DESC, id DESC LIMIT 1"""
    for (found,) in db.execute(sql, [key, system]):
        return int(found)
    raise NotFoundError(f"No list of '{system}' was logged for this query.")


def hash_of(line: str) -> str:
    """The id of a request whose log has none: the same line again is the same request."""
    return text_hash(line.strip())


def _doc(docid: Any, score: Any, before: Any) -> LoggedDoc:
    known = None if before is None else row_values.whole(before)
    return LoggedDoc(row_values.text(docid), row_values.number_or_none(score), known)


def _report(text: Any) -> dict[str, Any]:
    try:
        return row_values.mapping(text)
    except row_values.UNREADABLE:
        return {}
