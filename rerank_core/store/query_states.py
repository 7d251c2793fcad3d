"""Which queries count. Kept ones do; scratch ones are in nobody's list yet, and removed ones no longer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.store import row_values
from rerank_core.types import Query, text_hash

UNREADABLE = "unreadable"
"""The tag of a query, or the field of a passage, that stands for tags or metadata which cannot be read."""
TYPED = "typed-"
"""How the id of a query begins that somebody typed on a page."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with some queries: `queries` of them are in the dataset, `graded` of these have grades, `grades` rows.

    The rows stay in the history.
    """

    queries: int
    graded: int
    grades: int

    def grades_sentence(self) -> str:
        """What becomes of the grades; "" without any."""
        if not self.graded:
            return ""
        grades = "1 grade" if self.grades == 1 else f"{self.grades:,} grades"
        stays = "stays" if self.grades == 1 else "stay"
        counts = "counts" if self.grades == 1 else "count"
        return f"{grades} on {_queries(self.graded)} {stays} in the history and no longer {counts}."

    def sentence(self) -> str:
        """How many queries."""
        return _queries(self.queries)


def query_of(row: Mapping[str, Any]) -> Query:
    """The query of a row with the columns qid, text, note and tags. Raises ValueError for what is no text."""
    qid, text, note = (row_values.text(row[name]) for name in ("qid", "text", "note"))
    return Query(qid, text, note, _tags(row["tags"]))


def _tags(value: Any) -> tuple[str, ...]:
    try:
        return row_values.texts(value)
    except row_values.UNREADABLE:
        return (UNREADABLE,)


def count_queries(db: Database, dataset_id: int) -> None:
    """Bring the dataset's own count of queries up to date, and the fingerprint of those that count."""
    digest, n_queries = hashlib.sha256(), 0
    # in the order that pages show
    sql = "SELECT qid, text, note, tags FROM query WHERE dataset_id = ? AND state = 'kept' ORDER BY id"
    for row in db.conn.execute(sql, [dataset_id]):
        digest.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
        n_queries += 1
    db.execute(
        "UPDATE dataset SET n_queries = ?, queries_fingerprint = ? WHERE id = ?",
        [n_queries, digest.hexdigest()[:16], dataset_id],
    )


def typed_id(text: str) -> str:
    """The id of a query that somebody typed: the same text has the same one."""
    return f"{TYPED}{text_hash(text)[:8]}"


def try_query(db: Database, dataset_id: int, query: Query) -> None:
    """Hold a query as scratch: it can be ranked and looked at, and counts nowhere. One that is kept stays so."""
    db.execute(
        """INSERT INTO query (dataset_id, qid, text, state) VALUES (?, ?, ?, 'scratch')
           ON CONFLICT (dataset_id, qid) DO UPDATE SET state = 'scratch' WHERE state = 'removed'""",
        [dataset_id, query.qid, query.text],
    )


def keep_queries(db: Database, dataset_id: int, qids: Collection[str]) -> int:
    """Make scratch queries count from now on, and return how many were scratch. To be called inside `write()`."""
    kept = db.execute(
        """UPDATE query SET state = 'kept' WHERE dataset_id = ? AND state = 'scratch'
           AND qid IN (SELECT value FROM json_each(?))""",
        [dataset_id, json.dumps(list(qids))],
    ).rowcount
    if kept:
        count_queries(db, dataset_id)
    return kept


def is_scratch(db: Database, dataset_id: int, qid: str) -> bool:
    """Whether this query is there and does not count yet."""
    sql = "SELECT 1 FROM query WHERE dataset_id = ? AND qid = ? AND state = 'scratch'"
    return db.execute(sql, [dataset_id, qid]).fetchone() is not None


def find_query(db: Database, dataset_id: int, qid: str) -> Query | None:
    """A query that can be ranked, scratch ones among them; None for one that is not here, or was removed."""
    sql = "SELECT qid, text, note, tags FROM query WHERE dataset_id = ? AND qid = ? AND state <> 'removed'"
    return next(map(query_of, db.query(sql, [dataset_id, qid])), None)


def scratch_queries(db: Database, dataset_id: int, qids: Collection[str]) -> list[Query]:
    """Those of `qids` that are scratch, in the order in which they were tried."""
    sql = """SELECT qid, text, note, tags FROM query WHERE dataset_id = ? AND state = 'scratch'
             AND qid IN (SELECT value FROM json_each(?)) ORDER BY id"""
    return [query_of(row) for row in db.query(sql, [dataset_id, json.dumps(list(qids))])]


def once_here(db: Database, dataset_id: int, qids: Collection[str]) -> dict[str, Query]:
    """qid -> query, also of those removed with grades: the history goes on to say what was graded."""
    sql = """SELECT qid, text, note, tags FROM query
             WHERE dataset_id = ? AND qid IN (SELECT value FROM json_each(?))"""
    return {row["qid"]: query_of(row) for row in db.query(sql, [dataset_id, json.dumps(list(qids))])}


def weigh_removal(db: Database, dataset_id: int, qids: Sequence[str]) -> Removal:
    """What would go with these queries; ids that the dataset does not have count nowhere."""
    sql = """SELECT count(*), count(nullif(grades, 0)), coalesce(sum(grades), 0) FROM (
               SELECT (SELECT count(*) FROM judgment j WHERE j.dataset_id = q.dataset_id AND j.qid = q.qid
                       AND j.kind = 'grade') AS grades
               FROM query q WHERE q.dataset_id = ? AND q.state <> 'removed'
               AND q.qid IN (SELECT value FROM json_each(?)))"""
    return Removal(*db.execute(sql, [dataset_id, json.dumps(list(qids))]).fetchone())


def _queries(count: int) -> str:
    return f"{count:,} {'query' if count == 1 else 'queries'}"


def remove_queries(db: Database, dataset_id: int, qids: Sequence[str]) -> Removal:
    """Take queries out of the dataset, inside `Workspace.write()`, and say what went.

    What people graded stays in the history, with the query's text, and is no longer among the grades that count. Added
    again with the same text, a query has its grades back; with another text it begins without.
    """
    removal = weigh_removal(db, dataset_id, qids)
    named = [dataset_id, json.dumps(list(qids))]
    which = "dataset_id = ? AND qid IN (SELECT value FROM json_each(?))"
    touched = """EXISTS (SELECT 1 FROM judgment j WHERE j.dataset_id = query.dataset_id AND j.qid = query.qid)
                 OR EXISTS (SELECT 1 FROM vote v WHERE v.dataset_id = query.dataset_id AND v.qid = query.qid)"""
    db.execute(f"DELETE FROM query WHERE {which} AND NOT ({touched})", named)
    db.execute(f"UPDATE query SET state = 'removed' WHERE {which}", named)
    count_queries(db, dataset_id)
    return removal
