"""The smallest difference between two systems that matters to the owners of a dataset: one number each."""

from __future__ import annotations

from sqlite_utils import Database


def put_margin(db: Database, dataset_id: int, margin: float) -> None:
    """Keep a dataset's margin; it takes the place of the one before."""
    db.execute("INSERT OR REPLACE INTO margin (dataset_id, margin) VALUES (?, ?)", [dataset_id, margin])


def get_margin(db: Database, dataset_id: int) -> float | None:
    """A dataset's margin; None where nobody has set one."""
    row = db.execute("SELECT margin FROM margin WHERE dataset_id = ?", [dataset_id]).fetchone()
    return None if row is None else float(row[0])
