"""Candidates and the rankings that systems made of them, each under a key that says what went in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Any

from sqlite_utils import Database

from rerank_core.store import row_values
from rerank_core.store.workspace import now
from rerank_core.types import Ranking, ScoredDoc, text_hash

NOT_READABLE = "What is kept of this answer cannot be read by this version. Try again to have it made anew."
_LOADED = 512
"""So many lists stay read: a page asks for those of a small dataset at every run."""


def candidates_key(fingerprint: str, settings_key: str, query: str) -> str:
    """Names a candidate list by the passages, the retrieval settings and the query's text that made it."""
    return text_hash("\x00".join((fingerprint, settings_key, query)))


@dataclass(frozen=True, slots=True)
class StoredRanking:
    """A system's answer: `ranking` where it succeeded, else None with `error` as one line for a person."""

    system: str
    ranking: Ranking | None
    error: str = ""


def put_candidates(db: Database, key: str, dataset_id: int, settings: str, ranking: Ranking) -> None:
    """Keep a candidate list under its key (the same key holds the same list)."""
    db.execute(
        "INSERT OR REPLACE INTO candidates (key, dataset_id, qid, settings, docs, seconds, busy, at)"
        " VALUES (?,?,?,?,?,?,?,?)",
        [key, dataset_id, ranking.qid, settings, _dump(ranking.docs), ranking.seconds, ranking.busy, now()],
    )


def get_candidates(db: Database, key: str) -> Ranking | None:
    """The candidates under this key, None where there are none yet, or none that can be read: they are found anew."""
    sql = "SELECT qid, docs, seconds, busy FROM candidates WHERE key = ?"
    for qid, docs, seconds, busy in db.execute(sql, [key]):
        try:
            took, shared = row_values.number_or_none(seconds), row_values.number_or_none(busy)
            return Ranking(row_values.text(qid), "first-stage", _load(docs), took, busy=shared)
        except row_values.UNREADABLE:
            return None
    return None


def get_docids(db: Database, keys: Iterable[str]) -> dict[str, list[str]]:
    """Candidates key -> docids, best first, for those keys that are kept and can be read."""
    sql = "SELECT key, docs FROM candidates WHERE key IN (SELECT value FROM json_each(?))"
    rows = db.execute(sql, [json.dumps(list(keys))])
    return {key: docids for key, docs in rows if (docids := _docids(docs)) is not None}


def sizes(db: Database, keys: Iterable[str]) -> dict[str, int]:
    """Candidates key -> how many passages it has, for those keys that are kept; no list is handed over."""
    sql = """SELECT key, json_array_length(docs) FROM candidates
             WHERE json_valid(docs) AND key IN (SELECT value FROM json_each(?))"""
    return dict(db.execute(sql, [json.dumps(list(keys))]).fetchall())


def put_ranking(db: Database, key: str, system: str, ranking: Ranking | None, error: str = "") -> None:
    """Keep a system's answer to the candidates under `key`; `ranking` None keeps why it failed."""
    row: dict[str, Any] = {"candidates_key": key, "system": system, "error": error, "at": now()}
    if ranking is None:
        row |= {"state": "failed", "docs": "[]", "seconds": None, "usage": "{}", "notes": "[]"}
    else:
        row |= {"state": "ready", "docs": _dump(ranking.docs), "seconds": ranking.seconds}
        row["busy"] = ranking.busy
        row |= {"usage": json.dumps(dict(ranking.usage)), "notes": json.dumps(ranking.notes, ensure_ascii=False)}
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT OR REPLACE INTO ranking ({names}) VALUES ({marks})", row)


def get_rankings(db: Database, keys: Iterable[str], systems: Sequence[str]) -> dict[str, dict[str, StoredRanking]]:
    """candidates key -> system -> answer, for those that are kept; one that cannot be read is a failure."""
    found: dict[str, dict[str, StoredRanking]] = {}
    sql = """SELECT r.*, c.qid FROM ranking r JOIN candidates c ON c.key = r.candidates_key
             WHERE r.candidates_key IN (SELECT value FROM json_each(?))
             AND r.system IN (SELECT value FROM json_each(?))"""
    for row in db.query(sql, [json.dumps(list(keys)), json.dumps(list(systems))]):
        found.setdefault(row["candidates_key"], {})[row["system"]] = _stored(row)
    return found


def get_orders(db: Database, keys: Sequence[str], systems: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """candidates key -> system -> docids, best first, for those that succeeded; without the scores, and so faster."""
    found: dict[str, dict[str, list[str]]] = {}
    sql = """SELECT candidates_key, system, docs FROM ranking WHERE state = 'ready'
             AND candidates_key IN (SELECT value FROM json_each(?)) AND system IN (SELECT value FROM json_each(?))"""
    for key, system, docs in db.execute(sql, [json.dumps(keys), json.dumps(systems)]):
        if (docids := _docids(docs)) is not None:
            found.setdefault(key, {})[system] = docids
    return found


def states(db: Database, keys: Iterable[str], systems: Sequence[str]) -> dict[str, dict[str, str]]:
    """Candidates key -> system -> "ready" or "failed", for the answers that are kept; none of them is read."""
    found: dict[str, dict[str, str]] = {}
    sql = """SELECT candidates_key, system, state FROM ranking WHERE system IN (SELECT value FROM json_each(?))
             AND candidates_key IN (SELECT value FROM json_each(?))"""
    for key, system, state in db.execute(sql, [json.dumps(list(systems)), json.dumps(list(keys))]):
        found.setdefault(key, {})[system] = state
    return found


def ranked_by_settings(db: Database, dataset_id: int) -> dict[str, dict[str, int]]:
    """settings, as JSON -> system -> how many queries of the dataset it has ranked; the newest settings first."""
    found: dict[str, dict[str, int]] = {}
    sql = """SELECT c.settings, r.system, count(*), max(c.at) AS newest FROM candidates c
             JOIN ranking r ON r.candidates_key = c.key WHERE c.dataset_id = ? AND r.state = 'ready'
             GROUP BY c.settings, r.system ORDER BY newest DESC, r.system"""
    for settings, system, count, _ in db.execute(sql, [dataset_id]):
        found.setdefault(settings, {})[system] = count
    return found


def census(db: Database, systems: Sequence[str]) -> tuple[int, int]:
    """How many answers of these systems are kept, and how many of them are rankings: it changes as answers come."""
    sql = """SELECT count(*), coalesce(sum(state = 'ready'), 0) FROM ranking
             WHERE system IN (SELECT value FROM json_each(?))"""
    return tuple(db.execute(sql, [json.dumps(list(systems))]).fetchone())


def put_time(db: Database, key: str, system: str, seconds: float | None, busy: float | None) -> None:
    """Set how long a kept ranking took, and how busy the machine was; `system` "": the finding of the candidates."""
    if system:
        sql = "UPDATE ranking SET seconds = ?, busy = ? WHERE candidates_key = ? AND system = ? AND state = 'ready'"
        db.execute(sql, [seconds, busy, key, system])
    else:
        db.execute("UPDATE candidates SET seconds = ?, busy = ? WHERE key = ?", [seconds, busy, key])


def count_rough(db: Database, dataset_id: int, settings: str, systems: Sequence[str], share: float) -> int:
    """How many times were taken while others had `share` of the machine or more.

    Of searches with these settings (as JSON), and of what these systems ranked of them.
    """
    sql = """SELECT (SELECT count(*) FROM candidates WHERE dataset_id = :dataset AND settings = :settings
               AND seconds IS NOT NULL AND busy >= :share)
             + (SELECT count(*) FROM ranking r JOIN candidates c ON c.key = r.candidates_key
               WHERE c.dataset_id = :dataset AND c.settings = :settings AND r.seconds IS NOT NULL AND r.busy >= :share
               AND r.system IN (SELECT value FROM json_each(:systems)))"""
    named = {"dataset": dataset_id, "settings": settings, "share": share, "systems": json.dumps(list(systems))}
    return int(db.execute(sql, named).fetchone()[0])


def forget_failures(db: Database, system: str) -> None:
    """Drop a system's failed answers, and those that cannot be read, so that the next request tries again."""
    db.execute("DELETE FROM ranking WHERE system = ? AND state = 'failed'", [system])
    kept = list(db.query("SELECT *, '' AS qid FROM ranking WHERE system = ?", [system]))
    gone = [(row["candidates_key"], system) for row in kept if _stored(row).ranking is None]
    db.conn.executemany("DELETE FROM ranking WHERE candidates_key = ? AND system = ?", gone)


def _stored(row: dict[str, Any]) -> StoredRanking:
    system = row["system"]
    try:
        if row["state"] == "failed":
            return StoredRanking(system, None, row_values.text(row["error"]))
        qid, seconds = row_values.text(row["qid"]), row_values.number_or_none(row["seconds"])
        usage, notes = row_values.numbers(row["usage"]), row_values.texts(row["notes"])
        busy = row_values.number_or_none(row["busy"])
        return StoredRanking(system, Ranking(qid, system, _load(row["docs"]), seconds, usage, notes, busy))
    except row_values.UNREADABLE:
        return StoredRanking(system, None, NOT_READABLE)


def _dump(docs: Sequence[ScoredDoc]) -> str:
    rows = [[d.docid, d.score, dict(d.found_by), d.tokens_cut, dict(d.parts)] for d in docs]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=_LOADED)
def _load(docs: str) -> tuple[ScoredDoc, ...]:
    return tuple(_scored(rank, *row) for rank, row in enumerate(row_values.listed(docs), start=1))


def _scored(rank: int, docid: Any, score: Any, found: Any, cut: Any, parts: Any) -> ScoredDoc:
    if not (isinstance(docid, str) and isinstance(found, dict) and isinstance(parts, dict)):
        raise ValueError("not a passage's place in a ranking")
    row_values.number_or_none(score)  # but what was written as a whole number stays one
    return ScoredDoc(intern(docid), score, rank, found, row_values.whole(cut), parts)


def _docids(docs: Any) -> list[str] | None:
    """The docids of a list alone, which is faster than `_load`; None: it cannot be read."""
    try:
        # many lists name the same passages: each name is kept once, and one that is no text raises
        return [intern(row[0]) for row in row_values.listed(docs)]
    except row_values.UNREADABLE:
        return None
