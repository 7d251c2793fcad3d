"""Systems that people added themselves: a model with settings, under an id of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import row_values
from rerank_core.store.workspace import now


def put_system(db: Database, system_id: str, model: str, settings: Mapping[str, Any]) -> None:
    """Keep a system under its id; the same id is replaced (its rankings stand under a key of their own)."""
    text = json.dumps(dict(settings), sort_keys=True, ensure_ascii=False)
    db.execute(
        "INSERT OR REPLACE INTO system (id, model, settings, at) VALUES (?, ?, ?, ?)", [system_id, model, text, now()]
    )


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system as it is kept. `problem`: why its settings cannot be read; they are then empty. "": they can."""

    model: str
    settings: dict[str, Any]
    problem: str = ""


def get_systems(db: Database) -> dict[str, SystemRow]:
    """System id -> its row, oldest first. A row that cannot be read says so and leaves the others alone."""
    rows = db.execute("SELECT coalesce(id, ''), coalesce(model, ''), settings FROM system ORDER BY at, id")
    return {row_values.text(name): _row(row_values.text(model), settings) for name, model, settings in rows}


def _row(model: str, settings: str | bytes) -> SystemRow:
    try:
        values = json.loads(settings)
    except (ValueError, TypeError, RecursionError):
        return SystemRow(model, {}, "its settings are no JSON")
    if not isinstance(values, dict):
        return SystemRow(model, {}, "its settings are no JSON object")
    return SystemRow(model, values)


def drop_system(db: Database, system_id: str) -> None:
    """Remove a system that somebody added. Raises NotFoundError."""
    if db.execute("DELETE FROM system WHERE id = ?", [system_id]).rowcount == 0:
        raise NotFoundError(f"There is no system '{system_id}' in this workspace.")
