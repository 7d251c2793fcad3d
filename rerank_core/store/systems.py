"""Systems that people added themselves: a model with settings, under an id of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store.workspace import now


def put_system(db: Database, system_id: str, model: str, settings: Mapping[str, Any]) -> None:
    """Keep a system under its id; the same id is replaced (its rankings stand under a key of their own)."""
    text = json.dumps(dict(settings), sort_keys=True, ensure_ascii=False)
    db.execute(
        "INSERT OR REPLACE INTO system (id, model, settings, at) VALUES (?, ?, ?, ?)", [system_id, model, text, now()]
    )


def get_systems(db: Database) -> dict[str, tuple[str, dict[str, Any]]]:
    """System id -> (model, settings), oldest first."""
    rows = db.execute("SELECT id, model, settings FROM system ORDER BY at, id")
    return {row[0]: (row[1], json.loads(row[2])) for row in rows}


def drop_system(db: Database, system_id: str) -> None:
    """Remove a system that somebody added. Raises NotFoundError."""
    if db.execute("DELETE FROM system WHERE id = ?", [system_id]).rowcount == 0:
        raise NotFoundError(f"There is no system '{system_id}' in this workspace.")
