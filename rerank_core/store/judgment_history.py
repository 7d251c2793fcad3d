"""The whole history of a dataset's judgments put into another dataset, every row with what it undoes and restores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlite_utils import Database

from rerank_core.store.workspace import now

_NAMES = ("qid", "docid", "judge", "kind", "grade", "source", "note", "text_hash", "rule")


def restore_history(db: Database, dataset_id: int, rows: Iterable[Mapping[str, Any]]) -> int:
    """Append rows as `judgments.history` gives them, oldest first, and return how many; their ids are made anew.

    What a row undoes or restores has to stand before it.
    """
    ids: dict[int, int] = {}
    names = ("dataset_id", *_NAMES, "at", "undoes", "restores")
    sql = f"INSERT INTO judgment ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    for row in rows:
        refers = [ids[row[name]] if row[name] is not None else None for name in ("undoes", "restores")]
        values = [dataset_id, *(row[name] for name in _NAMES), row["at"] or now(), *refers]
        ids[row["id"]] = int(db.execute(sql, values).lastrowid or 0)
    return len(ids)
