"""Labels as an append-only history: every grade, undo, skip and note is a row, and nothing is ever overwritten."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import BadInputError
from rerank_core.store.qrels_rule import Voice, settle
from rerank_core.store.query_states import keep_queries
from rerank_core.store.workspace import now
from rerank_core.types import Judgment

KINDS = ("grade", "undo", "skip", "note")
MOST_IDLE = 10_000
"""So many page loads' events that found nothing to do are remembered."""
RULES = {
    "": "chosen by the judge, or from a file",
    "pool": "from the pool",
    "overlap": "from the part of the pool that every judge grades",
    "matters": "the next grade that matters most",
    "random": "drawn at random from the pool",
    "spot": "spot check of a language model's grade",
    "stale": "confirmed after the text changed",
    "adjudication": "settled after judges differed",
    "mapped": "carried over to another scale",
}
"""By which rule a pair came to its judge: a biased choice of pairs must never pass as a fair one."""


READABLE = """typeof(grade) IN ('integer', 'null') AND coalesce(grade, 0) BETWEEN -1000 AND 1000
    AND typeof(qid) = 'text' AND typeof(docid) = 'text' AND typeof(judge) = 'text'"""
"""Of which rows grades are made: no version of ours has written another one, but a file may hold it."""


@dataclass(frozen=True, slots=True)
class GradeEvent:
    """A grade, undo, skip or note on its way into the workspace.

    (`client_id`, `seq`) names the event: the same event sent twice is kept once. `kind` is one of KINDS. An undo takes
    back this judge's newest grade for the query that is not undone yet; with `qid` "" their newest grade or skip over
    all queries. Its docid and grade are ignored. A skip leaves the judge's grade as it is; a note says `note` of the
    pair, and "" takes the note away. `rule` is one of RULES.
    """

    client_id: str
    seq: int
    kind: str
    qid: str
    docid: str = ""
    grade: int | None = None
    note: str = ""
    rule: str = ""


def is_stale(judged: str, current: str | None) -> bool:
    """Whether a grade belongs to another text than its passage has now; it still counts until somebody looks again.

    `judged`: the hash of the text that the judge saw, "" where nobody kept it. `current`: the passage's hash now, None
    where the passage is gone. Neither an unknown text nor a missing passage makes a grade stale.
    """
    return bool(judged) and current is not None and current != judged


def record(
    db: Database, dataset_id: int, judge: str, events: Sequence[GradeEvent], scale: Iterable[int], source: str = "human"
) -> dict[str, int]:
    """Append events in their order of seq and return client_id -> highest seq that is now kept.

    To be called inside `Workspace.write()`. A scratch query that somebody grades, or writes a note on, is kept from
    then on: nothing that was graded is lost. An undo with nothing to undo, and an event for a passage that is gone, are
    acknowledged and change nothing, also when they are sent again later. Raises BadInputError for a grade that is not
    on the scale, and for a kind or a rule that there is not; then nothing is kept.
    """
    check(events, scale)
    keep_queries(db, dataset_id, {event.qid for event in events if event.kind in ("grade", "note")})
    for event in sorted(events, key=lambda e: (e.client_id, e.seq)):
        if not _is_kept(db, event) and not (_undo if event.kind == "undo" else _say)(
            db, dataset_id, judge, event, source
        ):
            _keep_idle(db, event)
    return {event.client_id: max(e.seq for e in events if e.client_id == event.client_id) for event in events}


def _keep_idle(db: Database, event: GradeEvent) -> None:
    """Remember an event that found nothing to do: a client's last one, which covers those before it, of MOST_IDLE."""
    db.conn.execute("DELETE FROM idle_event WHERE client_id = ?", [event.client_id])
    db.conn.execute("INSERT INTO idle_event VALUES (?, ?, ?)", [event.client_id, event.seq, now()])
    if db.execute("SELECT count(*) FROM idle_event").fetchone()[0] > MOST_IDLE:
        sql = "DELETE FROM idle_event WHERE client_id IN (SELECT client_id FROM idle_event ORDER BY at LIMIT ?)"
        db.conn.execute(sql, [MOST_IDLE // 10])


def check(events: Iterable[GradeEvent], scale: Iterable[int]) -> None:
    """Raises BadInputError where `record` would refuse an event."""
    allowed = set(scale)
    for event in events:
        if event.kind == "grade" and event.grade not in allowed:
            raise BadInputError("grade", None, f"{event.grade!r} is not on the scale", f"one of {sorted(allowed)}")
        if event.kind not in KINDS:
            raise BadInputError("event", None, f"there is no kind {event.kind!r}", f"one of {', '.join(KINDS)}")
        if event.rule not in RULES:
            raise BadInputError("event", None, f"there is no rule {event.rule!r}", f"one of {', '.join(RULES)}")


def _is_kept(db: Database, event: GradeEvent) -> bool:
    sql = """SELECT 1 FROM judgment WHERE client_id = :client AND seq >= :seq
             UNION ALL SELECT 1 FROM idle_event WHERE client_id = :client AND seq >= :seq LIMIT 1"""
    return db.execute(sql, {"client": event.client_id, "seq": event.seq}).fetchone() is not None


def _say(db: Database, dataset_id: int, judge: str, event: GradeEvent, source: str) -> bool:
    """Whether there was something to say it of."""
    row = db.execute(
        "SELECT text_hash FROM doc WHERE dataset_id = ? AND docid = ?", [dataset_id, event.docid]
    ).fetchone()
    if row is not None:
        grade = event.grade if event.kind == "grade" else None
        _insert(
            db, dataset_id, judge, source, event, qid=event.qid, docid=event.docid, grade=grade, text_hash=row[0],
            note=event.note, rule=event.rule,
        )  # fmt: skip
    return row is not None


def _undo(db: Database, dataset_id: int, judge: str, event: GradeEvent, source: str) -> bool:
    """Whether there was something to undo."""
    # grades from before the scale changed cannot come back: what was carried over holds
    where = "kind = 'grade' AND qid = :qid" if event.qid else "kind IN ('grade', 'skip')"
    target = db.execute(
        f"""SELECT id, qid, docid FROM judgment g WHERE dataset_id = :dataset AND judge = :judge AND {where}
            AND source = :source
            AND id > (SELECT coalesce(max(id), 0) FROM judgment WHERE dataset_id = :dataset AND rule = 'mapped')
            AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = g.id) ORDER BY id DESC LIMIT 1""",
        {"dataset": dataset_id, "judge": judge, "qid": event.qid, "source": source},
    ).fetchone()
    if target is None:
        return False
    undone, qid, docid = target
    # a file may have been imported under the judge's own name
    before = db.execute(
        """SELECT id, grade, text_hash FROM judgment g WHERE dataset_id = ? AND qid = ? AND docid = ? AND judge = ?
           AND kind = 'grade' AND (source = 'adjudication') = ? AND source <> 'llm' AND id < ?
           AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = g.id) ORDER BY id DESC LIMIT 1""",
        [dataset_id, qid, docid, judge, source == "adjudication", undone],
    ).fetchone()
    restores, grade, text_hash = before or (None, None, "")
    _insert(
        db, dataset_id, judge, source, event, qid=qid, docid=docid, grade=grade, text_hash=text_hash, note=event.note,
        undoes=undone, restores=restores,
    )  # fmt: skip
    return True


def _insert(db: Database, dataset_id: int, judge: str, source: str, event: GradeEvent, **more: Any) -> None:
    row = {
        "dataset_id": dataset_id, "judge": judge, "kind": event.kind, "source": source, "at": now(),
        "client_id": event.client_id, "seq": event.seq, **more,
    }  # fmt: skip
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.conn.execute(f"INSERT INTO judgment ({names}) VALUES ({marks})", row)


def import_judgments(db: Database, dataset_id: int, judgments: Iterable[Judgment], rule: str = "") -> None:
    """Append grades that come from a file. A pair that is there already gets a newer row; the old one stays."""
    qids: set[str] = set()

    def rows() -> Iterator[tuple[Any, ...]]:
        for j in judgments:
            qids.add(j.qid)
            at = j.at or now()
            yield dataset_id, j.qid, j.docid, j.judge, j.grade, j.source, j.note, at, j.text_hash, rule

    db.conn.executemany(
        """INSERT INTO judgment (dataset_id, qid, docid, judge, kind, grade, source, note, at, text_hash, rule)
           VALUES (?, ?, ?, ?, 'grade', ?, ?, ?, ?, ?, ?)""",
        rows(),
    )
    keep_queries(db, dataset_id, qids)


def in_force(db: Database, dataset_id: int, qid: str | None = None) -> list[Judgment]:
    """The grades that count now by the qrels rule, one per pair, oldest first; all queries, or one.

    Each is the row of the judge whose grade it is.
    """
    settled = {voice.event: pair for pair, voice in _settled(db, dataset_id, qid)}
    sql = """SELECT id, grade, judge, source, note, at, text_hash FROM judgment
             WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"""
    rows = db.execute(sql, [json.dumps(list(settled))])
    return [Judgment(*settled[event], *found) for event, *found in rows]


def qrels(db: Database, dataset_id: int) -> dict[str, dict[str, int]]:
    """qid -> docid -> grade, over all pairs that have a grade in force."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for (qid, docid), voice in sorted(_settled(db, dataset_id, None), key=lambda pair: pair[1].event):
        found[qid][docid] = voice.grade
    return dict(found)


def _settled(db: Database, dataset_id: int, qid: str | None) -> list[tuple[tuple[str, str], Voice]]:
    # most pairs have one judge, and pages settle thousands of pairs
    return [
        (pair, settle(heard.values()) if len(heard) > 1 else next(iter(heard.values())))
        for pair, heard in voices(db, dataset_id, qid).items()
        if heard
    ]


def voices(
    db: Database, dataset_id: int, qid: str | None = None
) -> dict[tuple[str, str], dict[tuple[str, bool], Voice]]:
    """(qid, docid) -> (judge, whether it is an adjudication) -> what they say now; no language models.

    A judge who took everything back is not among the voices of a pair; a pair may have none. What was said of a query
    that was removed is not heard.
    """
    sql = f"""SELECT qid, docid, grade, coalesce(restores, id), id, judge, source = 'adjudication' FROM judgment
              INDEXED BY judgment_pair WHERE dataset_id = :dataset {"" if qid is None else "AND qid = :qid"}
              AND kind IN ('grade', 'undo') AND source <> 'llm' AND {READABLE} ORDER BY qid, docid, judge, id"""
    found: dict[tuple[str, str], dict[tuple[str, bool], Voice]] = {}
    heard: dict[tuple[str, bool], Voice] = {}
    last, make = None, Voice._make
    rows = db.conn.execute(sql, {"dataset": dataset_id, "qid": qid}).fetchall()
    if set_aside := _set_aside(db, dataset_id, qid):
        rows = [row for row in rows if row[4] > set_aside.get(row[0], 0)]
    for row in rows:
        pair = row[:2]
        if pair != last:
            last, heard = pair, found.setdefault(pair, {})
        if row[2] is None:
            heard.pop(row[5:], None)
        else:
            heard[row[5:]] = make(row[2:])
    return found


def _set_aside(db: Database, dataset_id: int, qid: str | None) -> dict[str, float]:
    """qid -> the newest row that does not count, of queries that do not count, or have another text by now."""
    sql = f"""SELECT qid, CASE state WHEN 'kept' THEN CAST(grades_after AS INTEGER) ELSE 9e18 END FROM query
              WHERE dataset_id = :dataset AND (state <> 'kept' OR grades_after > 0)
              {"" if qid is None else "AND qid = :qid"}"""
    return dict(db.conn.execute(sql, {"dataset": dataset_id, "qid": qid}).fetchall())


def unreadable(db: Database, dataset_id: int) -> int:
    """How many rows of the dataset's history this version cannot read; they count nowhere, and stay."""
    sql = f"SELECT count(*) FROM judgment WHERE dataset_id = ? AND NOT ({READABLE})"
    return int(db.execute(sql, [dataset_id]).fetchone()[0])


def unreadable_sentence(count: int) -> str:
    """Says of an `unreadable` that is not 0 what it means."""
    return (
        f"{count:,} {'entry' if count == 1 else 'entries'} of the grading history cannot be read by this version, and "
        "count nowhere."
    )


def history(db: Database, dataset_id: int, after: int = 0) -> list[dict[str, Any]]:
    """Every row ever written for this dataset that can be read, oldest first; those newer than the row `after`."""
    sql = f"SELECT * FROM judgment WHERE dataset_id = ? AND id > ? AND {READABLE} ORDER BY id"
    return list(db.query(sql, [dataset_id, after]))


def last_event(db: Database, dataset_id: int) -> int:
    """The newest row's id (0 without rows): it grows with every grade that anybody gives."""
    row = db.execute("SELECT max(id) FROM judgment WHERE dataset_id = ?", [dataset_id]).fetchone()
    return int(row[0] or 0)


def queries_graded_since(db: Database, dataset_id: int, event: int) -> list[str]:
    """The qids with rows newer than `event`."""
    sql = f"SELECT DISTINCT qid FROM judgment WHERE dataset_id = ? AND id > ? AND {READABLE}"
    return [row[0] for row in db.execute(sql, [dataset_id, event])]


def count(db: Database, dataset_id: int) -> int:
    """How many pairs have a grade in force."""
    return len(_settled(db, dataset_id, None))
