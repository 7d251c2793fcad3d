"""Dense models that people added to choose from, under names of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import row_values
from rerank_core.store.workspace import now


def put_dense_model(db: Database, name: str, settings: Mapping[str, Any]) -> None:
    """Keep a dense model under its name; the same name is replaced. Settings hold names of variables, never keys."""
    text = json.dumps(dict(settings), sort_keys=True, ensure_ascii=False)
    db.execute("INSERT OR REPLACE INTO dense_model (name, settings, at) VALUES (?, ?, ?)", [name, text, now()])


def get_dense_models(db: Database) -> dict[str, dict[str, Any]]:
    """Name -> settings, oldest first; a row that cannot be read is left out."""
    return row_values.by_name(db.execute("SELECT name, settings FROM dense_model ORDER BY at, name"))


def drop_dense_model(db: Database, name: str) -> None:
    """Take a dense model off the list; its indexes and rankings stay. Raises NotFoundError."""
    if db.execute("DELETE FROM dense_model WHERE name = ?", [name]).rowcount == 0:
        raise NotFoundError(f"There is no dense model '{name}' in this workspace.")
