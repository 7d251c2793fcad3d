"""Labels as an append-only history: every grade and every undo is a row, and nothing is ever overwritten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import BadInputError
from rerank_core.store.workspace import now
from rerank_core.types import Judgment

# One grade per pair: of each judge the newest row, of these the newest grade. An undo row counts as old as the row
# it brings back, so that undoing never overtakes what another judge said in between.
_IN_FORCE = """
WITH mine AS (
  SELECT *, row_number() OVER (PARTITION BY qid, docid, judge ORDER BY id DESC) AS age
  FROM judgment WHERE dataset_id = :dataset {where}),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY qid, docid ORDER BY coalesce(restores, id) DESC) AS place
  FROM mine WHERE age = 1 AND grade IS NOT NULL)
SELECT * FROM ranked WHERE place = 1 ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class GradeEvent:
    """A grade or an undo on its way into the workspace.

    (`client_id`, `seq`) names the event: the same event sent twice is kept once. `kind` is 'grade' or 'undo'; an undo
    takes back this judge's newest grade for the query that is not undone yet, and its docid and grade are ignored.
    """

    client_id: str
    seq: int
    kind: str
    qid: str
    docid: str = ""
    grade: int | None = None
    note: str = ""


def record(
    db: Database, dataset_id: int, judge: str, events: Sequence[GradeEvent], scale: Iterable[int], source: str = "human"
) -> dict[str, int]:
    """Append events in their order of seq and return client_id -> highest seq that is now kept.

    To be called inside `Workspace.write()`. An undo with nothing to undo, and a grade for a passage that is gone, are
    acknowledged and change nothing. Raises BadInputError for a grade that is not on the scale; then nothing is kept.
    """
    allowed = set(scale)
    for event in events:
        if event.kind == "grade" and event.grade not in allowed:
            raise BadInputError("grade", None, f"{event.grade!r} is not on the scale", f"one of {sorted(allowed)}")
    for event in sorted(events, key=lambda e: (e.client_id, e.seq)):
        seen = db.execute(
            "SELECT 1 FROM judgment WHERE client_id = ? AND seq >= ?", [event.client_id, event.seq]
        ).fetchone()
        if seen is None:
            (_grade if event.kind == "grade" else _undo)(db, dataset_id, judge, event, source)
    return {event.client_id: max(e.seq for e in events if e.client_id == event.client_id) for event in events}


def _grade(db: Database, dataset_id: int, judge: str, event: GradeEvent, source: str) -> None:
    row = db.execute(
        "SELECT text_hash FROM doc WHERE dataset_id = ? AND docid = ?", [dataset_id, event.docid]
    ).fetchone()
    if row is not None:
        _insert(db, dataset_id, judge, event, source, kind="grade", text_hash=row[0])


def _undo(db: Database, dataset_id: int, judge: str, event: GradeEvent, source: str) -> None:
    target = db.execute(
        """SELECT id, docid FROM judgment g WHERE dataset_id = ? AND qid = ? AND judge = ? AND kind = 'grade'
           AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = g.id) ORDER BY id DESC LIMIT 1""",
        [dataset_id, event.qid, judge],
    ).fetchone()
    if target is None:
        return
    undone, docid = target
    before = db.execute(
        """SELECT id, grade, text_hash FROM judgment g WHERE dataset_id = ? AND qid = ? AND docid = ? AND judge = ?
           AND kind = 'grade' AND id < ? AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = g.id)
           ORDER BY id DESC LIMIT 1""",
        [dataset_id, event.qid, docid, judge, undone],
    ).fetchone()
    restores, grade, text_hash = before or (None, None, "")
    event = GradeEvent(event.client_id, event.seq, "undo", event.qid, docid, grade, event.note)
    _insert(db, dataset_id, judge, event, source, kind="undo", text_hash=text_hash, undoes=undone, restores=restores)


def _insert(db: Database, dataset_id: int, judge: str, event: GradeEvent, source: str, **more: Any) -> None:
    row = {
        "dataset_id": dataset_id, "qid": event.qid, "docid": event.docid, "judge": judge, "grade": event.grade,
        "source": source, "note": event.note, "at": now(), "client_id": event.client_id, "seq": event.seq, **more,
    }  # fmt: skip
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.conn.execute(f"INSERT INTO judgment ({names}) VALUES ({marks})", row)


def import_judgments(db: Database, dataset_id: int, judgments: Iterable[Judgment]) -> None:
    """Append grades that come from a file. A pair that is there already gets a newer row; the old one stays."""
    rows = (
        (dataset_id, j.qid, j.docid, j.judge, j.grade, j.source, j.note, j.at or now(), j.text_hash) for j in judgments
    )
    db.conn.executemany(
        """INSERT INTO judgment (dataset_id, qid, docid, judge, kind, grade, source, note, at, text_hash)
           VALUES (?, ?, ?, ?, 'grade', ?, ?, ?, ?, ?)""",
        rows,
    )


def in_force(db: Database, dataset_id: int, qid: str | None = None) -> list[Judgment]:
    """The grades that count now, one a pair; all queries, or one."""
    where = "" if qid is None else "AND qid = :qid"
    rows = db.query(_IN_FORCE.format(where=where), {"dataset": dataset_id, "qid": qid})
    fields = ("qid", "docid", "grade", "judge", "source", "note", "at", "text_hash")
    return [Judgment(**{name: row[name] for name in fields}) for row in rows]


def qrels(db: Database, dataset_id: int) -> dict[str, dict[str, int]]:
    """qid -> docid -> grade, over all pairs that have a grade in force."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for judgment in in_force(db, dataset_id):
        found[judgment.qid][judgment.docid] = judgment.grade
    return dict(found)


def history(db: Database, dataset_id: int) -> list[dict[str, Any]]:
    """Every row ever written for this dataset, oldest first."""
    return list(db.query("SELECT * FROM judgment WHERE dataset_id = ? ORDER BY id", [dataset_id]))


def last_event(db: Database, dataset_id: int) -> int:
    """The newest row's id (0 without rows): it grows with every grade that anybody gives."""
    row = db.execute("SELECT max(id) FROM judgment WHERE dataset_id = ?", [dataset_id]).fetchone()
    return int(row[0] or 0)


def queries_graded_since(db: Database, dataset_id: int, event: int) -> list[str]:
    """The qids with rows newer than `event`."""
    sql = "SELECT DISTINCT qid FROM judgment WHERE dataset_id = ? AND id > ?"
    return [row[0] for row in db.execute(sql, [dataset_id, event])]


def count(db: Database, dataset_id: int) -> int:
    """How many pairs have a grade in force."""
    return len(in_force(db, dataset_id))
