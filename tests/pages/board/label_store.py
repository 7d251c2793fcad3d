"""A label store for the demo board: SQLite, after the ack protocol (unique client_id and seq, any depth of undo)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from pages.ui.outbox.events import GradeEvent

SCHEMA = """
create table if not exists event (
    place integer primary key, client_id text, seq integer, qid text, kind text, docid text, grade integer,
    undone integer not null default 0, unique (client_id, seq)
)
"""


class LabelStore:
    def __init__(self, path: Path) -> None:
        self.path = path
        with closing(self._open()) as db:
            db.execute("pragma journal_mode=wal")
            db.execute(SCHEMA)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10, isolation_level=None)

    def apply(self, events: Iterable[GradeEvent]) -> dict[str, int]:
        """Commit what is new, in order; answer client_id -> last committed seq for every client that was named."""
        with closing(self._open()) as db:
            db.execute("begin immediate")
            ack: dict[str, int] = {}
            for event in events:
                if event.client_id not in ack:
                    row = db.execute("select max(seq) from event where client_id=?", [event.client_id]).fetchone()
                    ack[event.client_id] = row[0] or 0
                if event.seq <= ack[event.client_id]:
                    continue
                db.execute(
                    "insert into event (client_id, seq, qid, kind, docid, grade) values (?,?,?,?,?,?)",
                    [event.client_id, event.seq, event.qid, event.kind, event.docid, event.grade],
                )
                if event.kind == "undo":
                    db.execute(
                        "update event set undone=1 where place=(select max(place) from event "
                        "where qid=? and kind='grade' and undone=0)",
                        [event.qid],
                    )
                ack[event.client_id] = event.seq
            db.execute("commit")
            return ack

    def labels(self, qid: str) -> dict[str, int]:
        with closing(self._open()) as db:
            query = "select docid, grade from event where qid=? and kind='grade' and undone=0 order by place"
            return dict(db.execute(query, [qid]).fetchall())

    def total(self) -> int:
        with closing(self._open()) as db:
            query = "select count(*) from (select distinct qid, docid from event where kind='grade' and undone=0)"
            return int(db.execute(query).fetchone()[0])

    def grades(self) -> list[tuple[str, str, int]]:
        """(qid, docid, grade) of every grade event, in the order in which they were committed."""
        with closing(self._open()) as db:
            return db.execute("select qid, docid, grade from event where kind='grade' order by place").fetchall()
