"""What systems are called before an audience ("Today", "New"), by dataset."""

from __future__ import annotations

from sqlite_utils import Database

from rerank_core.store import row_values


def get(db: Database, dataset_id: int) -> dict[str, str]:
    """System id -> its name before an audience; only those that were named."""
    rows = db.execute("SELECT system, name FROM shown_name WHERE dataset_id = ?", [dataset_id])
    return {row_values.text(system): row_values.text(name) for system, name in rows}


def put(db: Database, dataset_id: int, system: str, name: str) -> None:
    """Name a system, inside `Workspace.write()`; "" takes the name away."""
    if name:
        db.execute("INSERT OR REPLACE INTO shown_name (dataset_id, system, name) VALUES (?, ?, ?)",
                   [dataset_id, system, name])  # fmt: skip
    else:
        db.execute("DELETE FROM shown_name WHERE dataset_id = ? AND system = ?", [dataset_id, system])
