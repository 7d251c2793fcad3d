"""Candidates and the rankings that systems made of them, each under a key that says what went in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from rerank_core.store.workspace import now
from rerank_core.types import Ranking, ScoredDoc, text_hash

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
        "INSERT OR REPLACE INTO candidates (key, dataset_id, qid, settings, docs, seconds, at) VALUES (?,?,?,?,?,?,?)",
        [key, dataset_id, ranking.qid, settings, _dump(ranking.docs), ranking.seconds, now()],
    )


def get_candidates(db: Database, key: str) -> Ranking | None:
    """The candidates under this key, None where there are none yet."""
    for row in db.query("SELECT qid, docs, seconds FROM candidates WHERE key = ?", [key]):
        return Ranking(row["qid"], "first-stage", _load(row["docs"]), row["seconds"])
    return None


def get_docids(db: Database, keys: Iterable[str]) -> dict[str, list[str]]:
    """Candidates key -> docids, best first, for those keys that are kept."""
    sql = "SELECT key, docs FROM candidates WHERE key IN (SELECT value FROM json_each(?))"
    rows = db.execute(sql, [json.dumps(list(keys))])
    return {key: [row[0] for row in json.loads(docs)] for key, docs in rows}


def put_ranking(db: Database, key: str, system: str, ranking: Ranking | None, error: str = "") -> None:
    """Keep a system's answer to the candidates under `key`; `ranking` None keeps why it failed."""
    row: dict[str, Any] = {"candidates_key": key, "system": system, "error": error, "at": now()}
    if ranking is None:
        row |= {"state": "failed", "docs": "[]", "seconds": None, "usage": "{}", "notes": "[]"}
    else:
        row |= {"state": "ready", "docs": _dump(ranking.docs), "seconds": ranking.seconds}
        row |= {"usage": json.dumps(dict(ranking.usage)), "notes": json.dumps(ranking.notes, ensure_ascii=False)}
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT OR REPLACE INTO ranking ({names}) VALUES ({marks})", row)


def get_rankings(db: Database, keys: Iterable[str], systems: Sequence[str]) -> dict[str, dict[str, StoredRanking]]:
    """candidates key -> system -> answer, for those that are kept."""
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
        found.setdefault(key, {})[system] = [row[0] for row in json.loads(docs)]
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


def forget_failures(db: Database, system: str) -> None:
    """Drop a system's failed answers, so that the next request tries again."""
    db.execute("DELETE FROM ranking WHERE system = ? AND state = 'failed'", [system])


def _stored(row: dict[str, Any]) -> StoredRanking:
    if row["state"] == "failed":
        return StoredRanking(row["system"], None, row["error"])
    usage, notes = json.loads(row["usage"]), tuple(json.loads(row["notes"]))
    ranking = Ranking(row["qid"], row["system"], _load(row["docs"]), row["seconds"], usage, notes)
    return StoredRanking(row["system"], ranking)


def _dump(docs: Sequence[ScoredDoc]) -> str:
    rows = [[d.docid, d.score, dict(d.found_by), d.tokens_cut, dict(d.parts)] for d in docs]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=_LOADED)
def _load(docs: str) -> tuple[ScoredDoc, ...]:
    rows = enumerate(json.loads(docs), start=1)
    return tuple(ScoredDoc(docid, score, rank, found, cut, parts) for rank, (docid, score, found, cut, parts) in rows)
