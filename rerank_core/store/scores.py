"""Raw scores kept by (model, query, text), so that a pair is scored once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence

from rerank_core.store.workspace import Workspace

MOST_ROWS = 2_000_000
"""About 300 MB of the workspace's file; 1,000 queries x 100 passages x 20 systems."""
_HOUR = 3600.0
_LOOK_EVERY = 20_000
_DROP_LONGEST_UNUSED = """DELETE FROM score WHERE (scored_by, query_hash, text_hash) IN
    (SELECT scored_by, query_hash, text_hash FROM score ORDER BY used LIMIT ?)"""


class StoredScores:
    """The score cache in the workspace.

    `model` must name everything that changes a score: the model, its revision, its maximum length, its precision.
    When more than `most_rows` are kept, those that were longest unused go. `max_age`, in seconds, is for services,
    whose models change under their name: an older score is no score; None: a score holds as long as it is kept.
    """

    def __init__(
        self,
        workspace: Workspace,
        max_age: float | None = None,
        most_rows: int = MOST_ROWS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._workspace, self._max_age, self._most_rows, self._clock = workspace, max_age, most_rows, clock
        self._put = 0

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        """Text hash -> (raw score, tokens cut), for those that are kept and young enough."""
        now, found, old_use = self._clock(), {}, False
        oldest = now - self._max_age if self._max_age is not None else 0.0
        with self._workspace.open() as db:
            sql = """SELECT text_hash, value, tokens_cut, used FROM score
                     WHERE scored_by = (SELECT id FROM scored_by WHERE model = ?) AND query_hash = ?
                     AND made >= ? AND text_hash IN (SELECT value FROM json_each(?))"""
            rows = db.execute(sql, [model, query_hash, oldest, json.dumps(list(hashes))])
            for text_hash, value, cut, used in rows:
                if isinstance(value, float) and isinstance(cut, int):  # else it is scored anew, and replaced
                    found[text_hash] = (value, cut)
                    old_use |= not isinstance(used, float) or used < now - _HOUR
        if old_use:
            # to the hour only: who looks at the same list again does not write
            self._note_use(model, query_hash, list(found), now)
        return found

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        """Keep text hash -> (raw score, tokens cut)."""
        now = self._clock()
        with self._workspace.write() as db:
            db.execute("INSERT OR IGNORE INTO scored_by (model) VALUES (?)", [model])
            owner = db.execute("SELECT id FROM scored_by WHERE model = ?", [model]).fetchone()[0]
            rows = [(owner, query_hash, text, value, cut, now, now) for text, (value, cut) in items.items()]
            db.conn.executemany("INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._put += len(rows)
            # counting takes a while in a large table
            if self._put >= min(_LOOK_EVERY, self._most_rows):
                self._put = 0
                over = db.execute("SELECT COUNT(*) FROM score").fetchone()[0] - self._most_rows
                if over > 0:
                    db.execute(_DROP_LONGEST_UNUSED, [over])

    def _note_use(self, model: str, query_hash: str, hashes: Sequence[str], now: float) -> None:
        with self._workspace.write() as db:
            sql = """UPDATE score SET used = ? WHERE scored_by = (SELECT id FROM scored_by WHERE model = ?)
                     AND query_hash = ? AND text_hash IN (SELECT value FROM json_each(?))"""
            db.execute(sql, [now, model, query_hash, json.dumps(list(hashes))])
