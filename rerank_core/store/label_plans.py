"""Which passages of a dataset are to be graded, by whom twice, and in which order: one plan a dataset, as JSON."""

from __future__ import annotations

from sqlite_utils import Database

from rerank_core.store import row_values


def put_plan(db: Database, dataset_id: int, plan: str) -> None:
    """Keep a dataset's plan; it takes the place of the one before."""
    db.execute("INSERT OR REPLACE INTO label_plan (dataset_id, plan) VALUES (?, ?)", [dataset_id, plan])


def get_plan(db: Database, dataset_id: int) -> str | None:
    """A dataset's plan; None where nobody has made one."""
    row = db.execute("SELECT plan FROM label_plan WHERE dataset_id = ?", [dataset_id]).fetchone()
    return None if row is None else row_values.text(row[0])
