"""Raw scores kept by (model, query, text), so that a pair is scored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rerank_core.store.workspace import Workspace


class StoredScores:
    """The score cache in the workspace.

    `model` must name everything that changes a score: the model, its revision, its maximum length, its precision.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def get_many(self, model: str, query_hash: str, hashes: Sequence[str]) -> dict[str, tuple[float, int]]:
        """Text hash -> (raw score, tokens cut), for those that are kept."""
        marks = ",".join("?" * len(hashes))
        sql = f"""SELECT text_hash, value, tokens_cut FROM score
                  WHERE model = ? AND query_hash = ? AND text_hash IN ({marks})"""
        with self._workspace.open() as db:
            return {row[0]: (row[1], row[2]) for row in db.execute(sql, [model, query_hash, *hashes])}

    def put_many(self, model: str, query_hash: str, items: Mapping[str, tuple[float, int]]) -> None:
        """Keep text hash -> (raw score, tokens cut)."""
        rows = [(model, query_hash, text_hash, value, cut) for text_hash, (value, cut) in items.items()]
        with self._workspace.write() as db:
            db.conn.executemany("INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?, ?)", rows)
